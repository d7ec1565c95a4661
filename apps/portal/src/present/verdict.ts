import type { ResourceChange } from "@turnpike/domain/releases";

const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

/** Whether a change touches who may do what: roles, policies, and who may call a function. */
export function touchesPermissions({ type }: ResourceChange): boolean {
  return type.startsWith("AWS::IAM::") || type === "AWS::Lambda::Permission" || type.endsWith("Policy");
}

/** Whether a change may destroy what is there. */
export function isDestructive({ action, replacement }: ResourceChange): boolean {
  return action === "remove" || (action !== "add" && replacement !== "never");
}

/** The change set in one line: "2 resources change, 1 is replaced, permissions change". */
export function verdictOf(changes: readonly ResourceChange[]): string {
  const of = (action: ResourceChange["action"]) => changes.filter((change) => change.action === action).length;
  const modified = changes.filter(({ action }) => action !== "add" && action !== "remove").length;
  const replaced = changes.filter((change) => change.action !== "add" && change.replacement === "always").length;
  const mayReplace = changes.filter((change) => change.action !== "add" && change.replacement === "conditional").length;
  const parts = [
    of("add") > 0 && `${count(of("add"), "resource is", "resources are")} added`,
    modified > 0 && `${count(modified, "resource changes", "resources change")}`,
    replaced > 0 && `${count(replaced, "is", "are")} replaced`,
    mayReplace > 0 && `${count(mayReplace, "may be", "may be")} replaced`,
    of("remove") > 0 && `${count(of("remove"), "is", "are")} removed`,
    changes.some(touchesPermissions) && "permissions change",
  ].filter((part) => part !== false);
  return parts.length === 0 ? "No resource changes" : parts.join(", ");
}
