import type { Rule } from "../rule.ts";
import { commandsIn } from "./commands.ts";

/** Commands that build and deploy by themselves, beside any pipeline. */
const DEPLOYS =
  /\b(?:sam\s+(?:deploy|sync)|aws\s+(?:--\S+(?:[ =]\S+)?\s+)*cloudformation\s+(?:deploy|create-stack|update-stack|execute-change-set)|(?:npx\s+)?(?:serverless|sls)\s+deploy|(?:npx\s+)?cdk\s+deploy|terraform\s+apply|pulumi\s+up)\b/;

/**
 * Its part in the repository: a second way to production. That prod gets what dev ran, by digest, is how Turnpike's
 * pipeline is made. https://docs.aws.amazon.com/wellarchitected/latest/devops-guidance/dl.cr.html
 */
export const builtOnce: Rule = {
  id: "OPS-6",
  pillar: "operations",
  title: "One repository, one pipeline, built once",
  reason:
    "What was tested is what runs only if nothing is built again on the way to production. A second way there has none of the gates of the first.",
  effect: "block",
  check({ files, delivery }) {
    if (!files) return { kind: "not-decided", look: "How it is released: only the template is known." };
    const violations = commandsIn(files, DEPLOYS).map(({ file, line, text }) => ({
      at: { file, line },
      message: `${text} is a way to an account beside the pipeline.`,
    }));
    if (violations.length > 0) return { kind: "fail", violations };
    if (delivery?.byTurnpike) return { kind: "pass" };
    return {
      kind: "not-decided",
      look: "Whether production gets what was tested: it isn't released by a pipeline of Turnpike's.",
    };
  },
};
