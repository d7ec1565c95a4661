import { visitIntrinsics } from "@turnpike/cloudformation";
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
    for (const { id, properties, path } of items()) {
      visitIntrinsics(properties, path, ({ name, argument }, at) => {
        if (name !== "Fn::ImportValue") return;
        const what = typeof argument === "string" ? argument : "an export";
        violations.push({ resource: id, at, message: `${expanded.originOf(id)} imports ${what} of another stack.` });
      });
    }
    return violations.length === 0 ? { kind: "pass" } : { kind: "fail", violations };
  },
};
