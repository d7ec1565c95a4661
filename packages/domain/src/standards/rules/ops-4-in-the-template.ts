import type { Rule } from "../rule.ts";
import { commandsIn } from "./commands.ts";

/** Commands of AWS's CLI that make, change or remove what a template could describe. */
const CHANGES =
  /\baws\s+(?:--\S+(?:[ =]\S+)?\s+)*(?!cloudformation\b)[a-z0-9-]+\s+(?:create|update|put|delete|modify|tag|untag|attach|detach|add|remove|register|deregister)-[a-z-]+/;

/**
 * Its part in the repository: scripts that change an account past the template. Drift is seen where it was deployed.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html
 */
export const inTheTemplate: Rule = {
  id: "OPS-4",
  pillar: "operations",
  title: "Everything is in the template, and a change is seen before it is made",
  reason:
    "What a command made by hand, the next account doesn't have and the next deployment doesn't know. A change set that a person has seen is what will happen, and nothing else.",
  effect: "block",
  check({ files, delivery }) {
    if (!files) return { kind: "not-decided", look: "What changes its resources: only the template is known." };
    const violations = commandsIn(files, CHANGES).map(({ file, line, text }) => ({
      at: { file, line },
      message: `${text} changes an account past the template.`,
    }));
    if (violations.length > 0) return { kind: "fail", violations };
    if (delivery?.byTurnpike) return { kind: "pass" };
    return {
      kind: "not-decided",
      look: "Whether its changes are seen before they are made: it isn't released by a pipeline of Turnpike's.",
    };
  },
};
