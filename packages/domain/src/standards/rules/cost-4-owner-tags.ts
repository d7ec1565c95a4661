import { configurationsIn } from "../configured-values.ts";
import type { Rule, Violation } from "../rule.ts";

const TAGS = ["service", "team", "environment"];

/**
 * Its part in the configuration: CodePipeline gives a stack the tags of `config/<environment>.json`, and CloudFormation
 * gives them to each resource that takes tags. Whether they are there is seen in the account.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-add-tags.html
 */
export const ownerTags: Rule = {
  id: "COST-4",
  pillar: "cost",
  title: "Every cost has an owner: service, team and environment are tags",
  reason:
    "A bill is by account and by service of AWS, and says nothing of who can lower it. With the same three tags on everything it does, and what nobody owns any more is found.",
  effect: "block",
  check({ files, written }) {
    if (!files)
      return { kind: "not-decided", look: "The tags that the stack is deployed with: only the template is known." };
    const configurations = configurationsIn(files);
    const violations = configurations.flatMap(({ file, tags }): Violation[] => {
      const missing = TAGS.filter((name) => typeof tags?.[name] !== "string" || tags[name].trim() === "");
      if (missing.length === 0) return [];
      return [{ at: { file, line: 1 }, message: `${file} doesn't tag what it deploys with ${missing.join(", ")}.` }];
    });
    if (configurations.length === 0) {
      const message = "There is no config/<environment>.json, and so no tag on anything that is deployed.";
      violations.push({ at: { file: written.file, line: 1 }, message });
    }
    return violations.length === 0 ? { kind: "pass" } : { kind: "fail", violations };
  },
};
