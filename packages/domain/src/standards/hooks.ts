import { memberOf } from "./branches.ts";
import type { Item, Subject } from "./subject.ts";
import { invokedBy } from "./targets.ts";

/** What CodeDeploy does when the alias `item` moves to another version, where it is CodeDeploy that moves it. */
export const shiftOf = ({ updatePolicy }: Item) => memberOf(updatePolicy, "CodeDeployLambdaAliasUpdate");

/** A function that a deployment calls before or after it moves traffic: CodeDeploy hears whether it failed. */
export function isHook(subject: Subject, { id }: Item): boolean {
  return subject.items("AWS::Lambda::Alias").some((alias) => {
    const shift = shiftOf(alias);
    return ["BeforeAllowTrafficHook", "AfterAllowTrafficHook"].some(
      (hook) => invokedBy(subject, memberOf(shift, hook))?.function.id === id,
    );
  });
}
