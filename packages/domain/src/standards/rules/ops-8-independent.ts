import { type Json, type Path, visitIntrinsics } from "@turnpike/cloudformation";
import { textOf } from "../branches.ts";
import { contractIn } from "../contract.ts";
import type { Rule, Verdict, Violation } from "../rule.ts";
import type { Subject } from "../subject.ts";
import { breakingChanges } from "../supply/contract-changes.ts";

/**
 * Its part in the template, and in the contract beside it. That two services use one table, queue or bucket is seen where
 * both are known.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
 */
export const independent: Rule = {
  id: "OPS-8",
  pillar: "operations",
  title: "Services deploy independently, and don't break who calls them",
  reason:
    "A stack whose export another stack imports can't change it, nor go, before the other does. An address in the configuration, or a name that is looked up, leaves both free; and so does a contract whose next version still keeps what the one in production promised.",
  effect: "block",
  check(subject) {
    const { expanded, items } = subject;
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
    const contract = judgeContract(subject);
    if (contract.kind === "fail") violations.push(...contract.violations);
    return violations.length === 0 ? contract : { kind: "fail", violations };
  },
};

/** Whether callers of what production serves can go on. */
function judgeContract({ files, delivery, written }: Subject): Verdict {
  if (!files || !delivery || delivery.served === null) return { kind: "pass" };
  const contract = contractIn(files);
  if (delivery.served === undefined) {
    if (!contract) return { kind: "pass" };
    return {
      kind: "not-decided",
      look: `Whether ${contract.file} keeps what production serves: that isn't known here.`,
    };
  }
  if (!contract) {
    const message = "The contract that production serves is gone: nobody can say what callers may rely on.";
    return { kind: "fail", violations: [{ at: { file: written.file, line: 1 }, message }] };
  }
  const changes = breakingChanges(delivery.served, contract.text);
  if (!changes)
    return { kind: "not-decided", look: `Whether ${contract.file} keeps what production serves: it can't be read.` };
  if (changes.length === 0) return { kind: "pass" };
  const violations = changes.map(({ operation, message }) => ({
    at: { file: contract.file, line: lineOf(contract.text, operation) },
    message: `${operation} breaks who calls it in production. ${message}`,
  }));
  return { kind: "fail", violations };
}

/** Of an operation's path; of the paths where it is gone. */
function lineOf(text: string, operation: string): number {
  const path = operation.slice(operation.indexOf(" ") + 1);
  const lines = text.split("\n").map((line) => line.trim().replace(/["']/g, ""));
  const found = lines.findIndex((line) => line.startsWith(`${path}:`));
  return Math.max(found < 0 ? lines.findIndex((line) => line.startsWith("paths:")) : found, 0) + 1;
}
