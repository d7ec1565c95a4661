import { canonical, type Json, type Path } from "@turnpike/cloudformation";
import { type Allowance, allowancesIn } from "../allowances.ts";
import { branchesOf, membersOf, textOf, withoutVariables } from "../branches.ts";
import { type Doubt, type Found, type Rule, type Violation, verdictOf } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { resourceOf } from "../targets.ts";
import { canBeScoped } from "./unscoped-actions.ts";

/** `*`, `*:*`, `s3:*`: all that there is, or all that a service has. */
const EVERY_ACTION = /^(\*|[a-z0-9-]+:[*?]+)$|^\*:/i;
/** `*`, `arn:*`, `arn:aws:s3:::*`: everything, or all that a service has here. */
const EVERY_RESOURCE = /^(\*+|arn:[*:]*|arn:([^:]*:){4}\*+)$/;

const TOO_WIDE = /^(AdministratorAccess|PowerUserAccess|IAMFullAccess|AWSLambdaRole|.*FullAccess(V\d+)?)$/;
/** Of AWS's managed policies: what Lambda itself needs to run a function, and writing telemetry. */
const FOR_FUNCTIONS = /^(service-role\/.*|.*X-?RayDaemonWriteAccess|AWSXrayWriteOnlyAccess|CloudWatchLambda\w+)$/;

function judgeStatement({ holder, statement, actions, hasUnknownActions, resources, at }: Allowance) {
  const found: (Violation | Doubt)[] = [];
  const who = holder.source.id;
  const wrong = (message: string) => found.push({ resource: holder.id, at, message });
  if (statement.NotAction !== undefined) wrong(`${who} may do everything except what NotAction names.`);
  const every = actions.filter((action) => EVERY_ACTION.test(action));
  if (every.length > 0) wrong(`${who} may do everything that ${every.join(" and ")} stands for.`);
  if (statement.NotResource !== undefined) wrong(`${who} reaches everything except what NotResource names.`);
  if (hasUnknownActions) found.push({ look: `Which actions ${who} gets from elsewhere: they aren't in the template.` });
  if (!resources.some((resource) => EVERY_RESOURCE.test(withoutVariables(textOf(resource) ?? "")))) return found;
  const named = actions.filter((action) => !every.includes(action));
  const scopable = named.filter((action) => canBeScoped(action) === true);
  const unknown = named.filter((action) => canBeScoped(action) === undefined);
  if (statement.Condition !== undefined && scopable.length + unknown.length > 0) {
    found.push({ look: `Whether the condition on ${named.join(", ")} narrows what ${who} reaches to its own.` });
  } else if (scopable.length > 0) {
    wrong(`${who} may do ${scopable.join(", ")} on every resource that there is.`);
  } else if (unknown.length > 0) {
    found.push({ look: `Whether ${unknown.join(", ")} (of ${who}) can be allowed on less than every resource.` });
  }
  return found;
}

/** SAM lets a function name a policy without its ARN. */
function policyPlace(subject: Subject, { source }: Item, name: string, path: Path): Violation["at"] {
  const own = name.replace(/^.*\//, "");
  const written = membersOf(source.properties.Policies, [...source.path, "Policies"]);
  const found = written.find(({ value }) => textOf(value)?.endsWith(own));
  return found ? subject.written.positionOf(found.path) : path;
}

function judgeManagedPolicies(subject: Subject, holder: Item): (Violation | Doubt)[] {
  const { ManagedPolicyArns: arns } = holder.properties;
  return membersOf(arns, [...holder.path, "ManagedPolicyArns"]).flatMap(({ value, path }): (Violation | Doubt)[] => {
    const [, name] = /:iam::aws:policy\/(.+)$/.exec(textOf(value) ?? "") ?? [];
    if (name === undefined) {
      if (resourceOf(subject, value, "AWS::IAM::ManagedPolicy")) return [];
      const which = textOf(value) ?? "that comes from a parameter";
      return [{ look: `What the policy ${which} allows ${holder.source.id}: it isn't in the template.` }];
    }
    if (TOO_WIDE.test(name.replace(/^.*\//, ""))) {
      const message = `${holder.source.id} has AWS's ${name}, which is far more than one function needs.`;
      return [{ resource: holder.id, at: policyPlace(subject, holder, name, path), message }];
    }
    if (FOR_FUNCTIONS.test(name)) return [];
    return [{ look: `Whether ${holder.source.id} needs all that AWS's ${name} allows.` }];
  });
}

/** Functions by their role; a role under a condition counts like any other. */
function judgeRoles(subject: Subject): (Violation | Doubt)[] {
  const users = new Map<string, { role: Json; items: Item[] }>();
  for (const item of subject.items("AWS::Lambda::Function")) {
    for (const { value: role } of branchesOf(item.properties.Role)) {
      if (role === undefined) continue;
      const key = resourceOf(subject, role)?.id ?? canonical(role);
      const entry = users.get(key) ?? { role, items: [] };
      users.set(key, { role, items: [...entry.items, item] });
    }
  }
  return [...users.values()].flatMap(({ role, items }): (Violation | Doubt)[] => {
    const [first, second] = items;
    if (first && second) {
      const names = items.map(({ source }) => source.id).join(" and ");
      return [{ resource: second.id, at: [...second.path, "Role"], message: `${names} share one role.` }];
    }
    if (resourceOf(subject, role)) return [];
    return [{ look: `The role of ${first?.source.id}: it isn't in the template, nor is what it may do.` }];
  });
}

/**
 * Its part in the template: policies of identities, and which function has which role. That a role which isn't in the
 * template is one function's only, and what it allows, is seen in the account. Which actions of a service are needed is
 * for a person to say, so there is no fix.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege
 */
export const leastPrivilege: Rule = {
  id: "SEC-1",
  pillar: "security",
  title: "Each function has a role of its own that allows what it needs",
  reason:
    "What a function may do is what an attacker may do who gets hold of it. A role of its own with named actions on named resources keeps that small, and shows it.",
  effect: "block",
  check(subject) {
    const judges: (() => Found)[] = [
      ...allowancesIn(subject).map((allowance) => () => judgeStatement(allowance)),
      ...["Role", "User", "Group"].flatMap((name) =>
        subject.items(`AWS::IAM::${name}`).map((holder) => () => judgeManagedPolicies(subject, holder)),
      ),
    ];
    if (subject.items("AWS::Lambda::Function").length > 0) judges.push(() => judgeRoles(subject));
    return verdictOf(judges, (judge) => judge());
  },
};
