import { type Json, type Path, visitIntrinsics } from "@turnpike/cloudformation";
import { textOf } from "../branches.ts";
import type { Rule, Violation } from "../rule.ts";

/**
 * Its part in the template. That two services use one table, queue or bucket is seen where both are known; what a contract
 * breaks, by the pipeline.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
 */
export const independent: Rule = {
  id: "OPS-8",
  pillar: "operations",
  title: "Services deploy independently of each other",
  reason:
    "A stack whose export another stack imports can't change it, nor go, before the other does. An address in the configuration, or a name that is looked up, leaves both free.",
  effect: "block",
  check({ expanded, items }) {
    const violations: Violation[] = [];
    const look = (what: string, value: Json, path: Path, resource?: string) =>
      visitIntrinsics(value, path, ({ name, argument }, at) => {
        if (name !== "Fn::ImportValue") return;
        const imported = textOf(argument) ?? "an export";
        violations.push({
          at,
          message: `${what} imports ${imported} of another stack.`,
          ...(resource && { resource }),
        });
      });
    for (const { id, properties, path } of items()) look(expanded.originOf(id), properties, path, id);
    for (const [id, { value }] of expanded.outputs) look(`The output ${id}`, value, ["Outputs", id, "Value"]);
    return violations.length === 0 ? { kind: "pass" } : { kind: "fail", violations };
  },
};
