import { membersOf } from "../branches.ts";
import { type Rule, verdictOf } from "../rule.ts";

/**
 * Its part in the template: the architecture. Idle capacity and unused functions are seen in the account.
 * https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html
 */
export const arm64: Rule = {
  id: "SUS-1",
  pillar: "sustainability",
  title: "Functions run on arm64",
  reason:
    "AWS's own processors do the same work with less energy, and a millisecond on them costs a fifth less. What needs x86 (a native library) has a waiver that says so.",
  effect: "warn",
  check: (subject) =>
    verdictOf(subject.items("AWS::Lambda::Function"), ({ id, properties, path, source }) => {
      const architectures = membersOf(properties.Architectures).map(({ value }) => value);
      const isOther = architectures.length === 0 || architectures.includes("x86_64");
      if (!isOther) return [];
      const edits = [{ path: [...source.path, "Architectures"], value: ["arm64"] }];
      const message = `${source.id} runs on x86_64${architectures.length === 0 ? ", the default" : ""}.`;
      return [{ resource: id, at: path, message, fix: { summary: "Run it on arm64", edits } }];
    }),
};
