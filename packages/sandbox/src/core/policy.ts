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
 * `StringLike`, `StringNotLike`, `ArnEquals`, `ArnLike` and `Bool`, each also with `IfExists`, and `Null`; any other operator
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
  return name === caller.roleArn || name === `arn:aws:iam::${caller.account}:root`;
}

function meets(condition: Statement["Condition"], request: PolicyRequest): boolean {
  const known: Record<string, string | undefined> = {
    // A session is known to conditions by its role.
    "aws:principalarn": request.caller.roleArn ?? request.caller.arn,
    "aws:principalaccount": request.caller.account,
    "aws:sourceidentity": request.caller.sourceIdentity,
    "aws:sourcearn": request.caller.sourceArn,
    "aws:sourceaccount": request.caller.sourceAccount,
    ...request.conditions,
  };
  return Object.entries(condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => holds(operator, known[key.toLowerCase()], list(wanted).map(String))),
  );
}

type Comparison = (actual: string, wanted: readonly string[]) => boolean;

const equals: Comparison = (actual, wanted) => wanted.includes(actual);
const matchesPattern: Comparison = (actual, wanted) => like(wanted, actual);

/** `unset` says whether the condition holds when the request hasn't got the key. */
const OPERATORS: Readonly<Record<string, { readonly holds: Comparison; readonly unset: boolean }>> = {
  StringEquals: { holds: equals, unset: false },
  StringNotEquals: { holds: (actual, wanted) => !equals(actual, wanted), unset: true },
  StringLike: { holds: matchesPattern, unset: false },
  StringNotLike: { holds: (actual, wanted) => !matchesPattern(actual, wanted), unset: true },
  ArnEquals: { holds: matchesPattern, unset: false },
  ArnLike: { holds: matchesPattern, unset: false },
  Bool: {
    holds: (actual, wanted) => wanted.some((value) => value.toLowerCase() === actual.toLowerCase()),
    unset: false,
  },
};

function holds(operator: string, actual: string | undefined, wanted: readonly string[]): boolean {
  if (operator === "Null") return wanted.includes(String(actual === undefined));
  const known = OPERATORS[operator.replace(/IfExists$/, "")];
  if (!known) throw unsupported(`the condition operator "${operator}"`);
  if (actual === undefined) return known.unset || operator.endsWith("IfExists");
  return known.holds(actual, wanted);
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
