import type { Json } from "@turnpike/cloudformation";
import { isGivenIn, textOf } from "../branches.ts";
import { type Rule, verdictOf } from "../rule.ts";

/** Only a service of AWS can be led to call on somebody else's behalf: an account or a role is its own caller. */
const isService = (principal: Json | undefined) =>
  typeof principal === "string" && principal.includes(".amazonaws.com");

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html */
export const invokePermission: Rule = {
  id: "SEC-5",
  pillar: "security",
  title: "A permission to invoke names its caller",
  reason:
    "A permission that names a service alone lets anyone's resource of that service invoke the function. The ARN or the account of the caller closes it to all but one's own.",
  effect: "block",
  check: (subject) =>
    verdictOf(subject.items("AWS::Lambda::Permission"), ({ id, properties, path, source }) => {
      const named = ["SourceArn", "SourceAccount", "PrincipalOrgID"].some((name) => isGivenIn(properties, name));
      // A function's URL may be meant for all: whether it says how callers are known is another rule's.
      const isForAll = properties.Principal === "*" && properties.FunctionUrlAuthType === undefined;
      if (named || !(isForAll || isService(properties.Principal))) return [];
      const who = isForAll ? "Anyone, in any account," : `Any account's ${textOf(properties.Principal)}`;
      const message = `${who} may invoke the function.`;
      const value = { Ref: "AWS::AccountId" };
      const edits = [{ path: [...source.path, "SourceAccount"], value }];
      return [{ resource: id, at: path, message, fix: { summary: "Allow callers of this account only", edits } }];
    }),
};
