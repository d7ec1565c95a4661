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
      // The transform writes its default where nothing was said.
      const said = source.properties.MemorySize ?? globalMemory(subject.written.globals) ?? undefined;
      const stated = source.type === "AWS::Lambda::Function" ? properties.MemorySize : said;
      if (stated !== undefined) return [];
      const edits = [{ path: [...source.path, "MemorySize"], value: 512 }];
      const fix = { summary: "Begin with 512 MB, then measure", edits };
      return [{ resource: id, at: path, message: "MemorySize isn't stated: it is 128 MB.", fix }];
    }),
};

function globalMemory(globals: unknown): unknown {
  const { Function: ofFunctions } = (globals ?? {}) as { Function?: { MemorySize?: unknown } };
  return ofFunctions?.MemorySize;
}
