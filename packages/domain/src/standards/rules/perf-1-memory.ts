import { isGivenIn } from "../branches.ts";
import { type Rule, verdictOf } from "../rule.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
export const memory: Rule = {
  id: "PERF-1",
  pillar: "performance",
  title: "A function's memory is a decision",
  reason:
    "Lambda gives CPU in proportion to memory, so that the default of 128 MB is the slowest there is. Stating it makes it something to measure and to change.",
  effect: "warn",
  check: (subject) =>
    verdictOf(subject.items("AWS::Lambda::Function"), ({ id, properties, path, source }) => {
      if (isGivenIn(properties, "MemorySize")) return [];
      const edits = [{ path: [...source.path, "MemorySize"], value: 512 }];
      const fix = { summary: "Begin with 512 MB, then measure", edits };
      return [{ resource: id, at: path, message: `The memory of ${source.id} isn't stated: it is 128 MB.`, fix }];
    }),
};
