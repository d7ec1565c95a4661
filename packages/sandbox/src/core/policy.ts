import type { Caller } from "./context.ts";
import { AwsError } from "./errors.ts";

/** One request, as a resource's own policy (a role's trust, a bucket's policy) sees it. */
export interface PolicyRequest {
  /** `sts:AssumeRole` */
  readonly action: string;
  /** Left out where the policy belongs to the resource alone and names none (a role's trust). */
  readonly resource?: string;
  readonly caller: Caller;
  /** Condition keys by their name in lower case: `sts:externalid`. */
  readonly conditions?: Readonly<Record<string, string | undefined>>;
}

type OneOrMany = string | readonly string[];

interface Statement {
  readonly Effect?: string;
  readonly Principal?: "*" | Readonly<Record<string, OneOrMany>>;
  readonly NotPrincipal?: unknown;
  readonly Action?: OneOrMany;
  readonly NotAction?: OneOrMany;
  readonly Resource?: OneOrMany;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMany>>>>;
}

/** Parses a policy document, or raises `MalformedPolicyDocument`. */
export function parsePolicy(text: string): { readonly Statement: readonly Statement[] } {
  let document: { Statement?: Statement | Statement[] } | null;
  try {
    document = JSON.parse(text) as { Statement?: Statement | Statement[] } | null;
  } catch {
    throw new AwsError("MalformedPolicyDocument", "Syntax errors in policy: this isn't JSON.");
  }
  const statements = document?.Statement;
  if (typeof document !== "object" || statements === undefined) {
    throw new AwsError("MalformedPolicyDocument", "Syntax errors in policy: it has no Statement.");
  }
  const list = Array.isArray(statements) ? statements : [statements];
  for (const { Effect } of list) {
    if (Effect !== "Allow" && Effect !== "Deny") {
      throw new AwsError("MalformedPolicyDocument", `Syntax errors in policy: Effect "${Effect}".`);
    }
  }
  return { Statement: list };
}

/**
 * Whether a resource's own policy lets the caller in: one Allow and no Deny that names it. Identity policies aren't
 * asked: naming an account's root lets everyone of that account in. Understands `StringEquals`, `StringNotEquals`,
 * `StringLike`, `StringNotLike`, `ArnEquals`, `ArnLike`, `Bool` and `Null`, each also with `IfExists`; any other operator
 * is refused by name (501), never guessed.
 */
export function policyAllows(text: string, request: PolicyRequest): boolean {
  const matching = parsePolicy(text).Statement.filter((statement) => matches(statement, request));
  return matching.length > 0 && matching.every((statement) => statement.Effect === "Allow");
}

function matches(statement: Statement, request: PolicyRequest): boolean {
  if (statement.NotPrincipal !== undefined) throw unsupported("NotPrincipal");
  const { Action, NotAction, Resource } = statement;
  const action =
    Action !== undefined ? like(Action, request.action, true) : !like(NotAction ?? [], request.action, true);
  const resource = request.resource === undefined || Resource === undefined || like(Resource, request.resource);
  return action && resource && isPrincipal(statement.Principal, request.caller) && meets(statement.Condition, request);
}

function isPrincipal(principal: Statement["Principal"], caller: Caller): boolean {
  if (principal === undefined) return false;
  if (principal === "*") return true;
  if (caller.service !== undefined) {
    return list(principal.Service ?? []).includes(caller.service) || list(principal.AWS ?? []).includes("*");
  }
  return list(principal.AWS ?? []).some((name) => isCaller(name, caller));
}

function isCaller(name: string, caller: Caller): boolean {
  if (name === "*" || name === caller.account || name === caller.arn) return true;
  const [, , service, , account, resource = ""] = name.split(":");
  if (account !== caller.account || service !== "iam") return false;
  return resource === "root" || (resource.startsWith("role/") && roleName(caller.arn) === resource.split("/").at(-1));
}

/** `reader` of `arn:aws:sts::222222222222:assumed-role/reader/session`. */
function roleName(arn: string): string | undefined {
  return /:assumed-role\/([^/]+)\//.exec(arn)?.[1];
}

function meets(condition: Statement["Condition"], request: PolicyRequest): boolean {
  const known: Record<string, string | undefined> = {
    "aws:principalarn": principalArn(request.caller),
    "aws:principalaccount": request.caller.account,
    ...(request.caller.sourceIdentity ? { "aws:sourceidentity": request.caller.sourceIdentity } : {}),
    ...(request.caller.sourceArn ? sourceKeys(request.caller.sourceArn) : {}),
    ...request.conditions,
  };
  return Object.entries(condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => holds(operator, known[key.toLowerCase()], list(wanted).map(String))),
  );
}

/** `aws:SourceArn` and `aws:SourceAccount` of what a service acts for. */
function sourceKeys(arn: string): Record<string, string | undefined> {
  return { "aws:sourcearn": arn, "aws:sourceaccount": arn.split(":")[4] };
}

function holds(operator: string, actual: string | undefined, wanted: readonly string[]): boolean {
  const name = operator.replace(/IfExists$/, "");
  if (name === "Null") return wanted.includes(String(actual === undefined));
  const negative = name === "StringNotEquals" || name === "StringNotLike";
  if (actual === undefined) return name !== operator || negative;
  switch (name) {
    case "StringEquals":
      return wanted.includes(actual);
    case "StringNotEquals":
      return !wanted.includes(actual);
    case "StringLike":
    case "ArnLike":
    case "ArnEquals":
      return like(wanted, actual);
    case "StringNotLike":
      return !like(wanted, actual);
    case "Bool":
      return wanted.some((value) => value.toLowerCase() === actual.toLowerCase());
    default:
      throw unsupported(`the condition operator "${operator}"`);
  }
}

/** A role's session is known to conditions by the role's ARN. */
function principalArn(caller: Caller): string {
  const role = roleName(caller.arn);
  return role === undefined ? caller.arn : `arn:aws:iam::${caller.account}:role/${role}`;
}

function like(patterns: OneOrMany, text: string, ignoreCase = false): boolean {
  return list(patterns).some((pattern) => {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".");
    return new RegExp(`^${source}$`, ignoreCase ? "is" : "s").test(text);
  });
}

const list = (value: OneOrMany): readonly string[] => (typeof value === "string" ? [value] : value);

function unsupported(what: string): AwsError {
  return new AwsError("NotImplemented", `sandbox: ${what} in a resource policy is not implemented`, { status: 501 });
}
