import { isObject, type Json, type JsonObject, type Path } from "@turnpike/cloudformation";
import { branchesOf, membersOf, textOf } from "./branches.ts";
import type { Violation } from "./rule.ts";
import type { Item, Subject } from "./subject.ts";
import { resourceOf, resourcesIn } from "./targets.ts";

/** One statement that allows something, of a policy of this template. */
export interface Allowance {
  /** The role, user, group or policy in which it stands. */
  readonly holder: Item;
  readonly statement: JsonObject;
  /** As written, with wildcards; what isn't text (a parameter) is left out. */
  readonly actions: readonly string[];
  /** Whether `Action` holds what isn't text. */
  readonly hasUnknownActions: boolean;
  readonly resources: readonly Json[];
  readonly at: Violation["at"];
}

const WITH_DOCUMENT = ["Policy", "ManagedPolicy", "RolePolicy", "UserPolicy", "GroupPolicy"].map(
  (n) => `AWS::IAM::${n}`,
);
const WITH_POLICIES = ["Role", "User", "Group"].map((name) => `AWS::IAM::${name}`);

/**
 * What policies of identities allow. A policy of a resource (a queue's, a key's) isn't among them: its `Resource` is the
 * resource that it is attached to, whatever it says.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function allowancesIn(subject: Subject): Allowance[] {
  return subject.items().flatMap((holder) => {
    const { type, properties, path } = holder;
    const place: Place = (at) => placeOf(subject, holder, at);
    if (WITH_DOCUMENT.includes(type)) {
      return statementsOf(holder, properties.PolicyDocument, [...path, "PolicyDocument"], place);
    }
    if (!WITH_POLICIES.includes(type)) return [];
    return membersOf(properties.Policies, [...path, "Policies"]).flatMap(({ value, path: at }) =>
      isObject(value) ? statementsOf(holder, value.PolicyDocument, [...at, "PolicyDocument"], place) : [],
    );
  });
}

/** What a function's role allows, as far as it stands in the template. */
export function allowancesOf(subject: Subject, function_: Item): Allowance[] {
  const roles = resourcesIn(subject, function_.properties.Role).filter(({ type }) => type === "AWS::IAM::Role");
  const ids = new Set(roles.map(({ id }) => id));
  const attached = roles.flatMap(({ properties }) => resourcesIn(subject, properties.ManagedPolicyArns));
  for (const { id } of attached) ids.add(id);
  return allowancesIn(subject).filter(({ holder }) => {
    if (ids.has(holder.id)) return true;
    const { Roles: roles, RoleName: role } = holder.properties;
    return [roles, role].some((value) => {
      const named = resourceOf(subject, value, "AWS::IAM::Role");
      return named !== undefined && ids.has(named.id);
    });
  });
}

type Place = (path: Path) => Violation["at"];

function statementsOf(holder: Item, document: Json | undefined, path: Path, place: Place): Allowance[] {
  return branchesOf(document, path).flatMap(({ value, path: at }) => {
    if (!isObject(value)) return [];
    return membersOf(value.Statement, [...at, "Statement"]).flatMap(({ value: statement, path: where }) => {
      if (!isObject(statement) || statement.Effect === "Deny") return [];
      const actions = membersOf(statement.Action).map(({ value: action }) => textOf(action));
      return {
        holder,
        statement,
        actions: actions.filter((action) => action !== undefined),
        hasUnknownActions: actions.includes(undefined),
        resources: membersOf(statement.Resource).map(({ value: resource }) => resource),
        at: place(where),
      };
    });
  });
}

/** In a role that SAM made, a statement of the function's `Policies` stands where it was written there. */
function placeOf(subject: Subject, holder: Item, path: Path): Violation["at"] {
  const { source, properties } = holder;
  if (source.type === holder.type) return path;
  const [, , , , index, , ...rest] = path;
  const policies = Array.isArray(properties.Policies) ? properties.Policies : [];
  const policy = typeof index === "number" ? policies[index] : undefined;
  const [, written] = /Policy(\d+)$/.exec(isObject(policy) ? String(policy.PolicyName) : "") ?? [];
  if (written === undefined) return path;
  return subject.written.positionOf([...source.path, "Policies", Number(written), ...rest]);
}
