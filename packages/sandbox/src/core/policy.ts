import {
  type ConditionBlock,
  type ConditionValues,
  conditionsHold,
  listOf,
  type OneOrMany,
  resolved,
} from "./authorization/conditions.ts";
import { matchesArn, matchesPattern } from "./authorization/match.ts";
import { AwsError } from "./errors.ts";
import type { Caller } from "./identity.ts";

/** One request, as a policy sees it. */
export interface PolicyRequest {
  /** `sts:AssumeRole` */
  readonly action: string;
  /** Left out where the policy belongs to the resource alone and names none (a role's trust), or where it isn't known. */
  readonly resource?: string | undefined;
  readonly caller: Caller;
  /** Condition keys by their name in lower case: `sts:externalid`. */
  readonly conditions?: ConditionValues | undefined;
}

interface Statement {
  readonly Sid?: string;
  readonly Effect?: string;
  readonly Principal?: "*" | Readonly<Record<string, OneOrMany>>;
  readonly NotPrincipal?: "*" | Readonly<Record<string, OneOrMany>>;
  readonly Action?: OneOrMany;
  readonly NotAction?: OneOrMany;
  readonly Resource?: OneOrMany;
  readonly NotResource?: OneOrMany;
  readonly Condition?: ConditionBlock;
}

interface PolicyDocument {
  readonly Statement: readonly Statement[];
}

/** Parsed documents by their text. Pure, as parsing is; cut when it grows too large. */
const parsed = new Map<string, PolicyDocument>();
const MOST_PARSED = 1000;

/** Parses a policy document, or raises `MalformedPolicyDocument`. */
export function parsePolicy(text: string): PolicyDocument {
  const known = parsed.get(text);
  if (known) return known;
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
  if (parsed.size >= MOST_PARSED) parsed.clear();
  const result = { Statement: list };
  parsed.set(text, result);
  return result;
}

/**
 * Whether a resource's own policy lets the caller in: one Allow and no Deny that names it. Naming an account's root
 * lets everyone of that account in: whether its own policies let the caller as well is `Context.authorize`'s to ask.
 */
export function policyAllows(text: string, request: PolicyRequest): boolean {
  const verdict = judgeResourcePolicy(text, request);
  return verdict === "principal" || verdict === "account";
}

/** What identity policies (or a boundary, or a session's) say together: a denial wins over any permission. */
export function judgePolicies(texts: readonly string[], request: PolicyRequest): "allow" | "deny" | "none" {
  const known = keysOf(request);
  let isAllowed = false;
  for (const text of texts) {
    for (const statement of parsePolicy(text).Statement) {
      if (!covers(statement, request, known) || !conditionsHold(statement.Condition, known)) continue;
      if (statement.Effect === "Deny") return "deny";
      isAllowed = true;
    }
  }
  return isAllowed ? "allow" : "none";
}

/**
 * What a resource's own policy says: `principal` when it names the caller (or everybody), `account` when it names the
 * caller's account alone, which hands the decision to that account's own policies.
 */
export function judgeResourcePolicy(text: string, request: PolicyRequest): "principal" | "account" | "deny" | "none" {
  const known = keysOf(request);
  let best: "principal" | "account" | "none" = "none";
  for (const statement of parsePolicy(text).Statement) {
    if (!covers(statement, request, known)) continue;
    const named = namedIn(statement, request.caller);
    if (named === "none" || !conditionsHold(statement.Condition, known)) continue;
    if (statement.Effect === "Deny") return "deny";
    if (best !== "principal") best = named;
  }
  return best;
}

/** Whether a statement is about the request's action and resource. */
function covers(statement: Statement, request: PolicyRequest, known: ConditionValues): boolean {
  const { Action, NotAction, Resource, NotResource } = statement;
  const isAction = (patterns: OneOrMany) =>
    listOf(patterns).some((pattern) => matchesPattern(oneName(pattern), oneName(request.action), true));
  if (Action !== undefined ? !isAction(Action) : isAction(NotAction ?? [])) return false;
  const { resource } = request;
  if (resource === undefined) return true;
  const isResource = (patterns: OneOrMany) =>
    listOf(patterns).some((pattern) => {
      const wanted = resolved(pattern, known);
      return wanted !== undefined && (matchesArn(wanted, resource) || isSecret(wanted, resource));
    });
  if (Resource !== undefined) return isResource(Resource);
  return NotResource === undefined || !isResource(NotResource);
}

/** CodeConnections renamed itself; either prefix means the same actions. */
const oneName = (action: string) => action.replace(/^codeconnections:/i, "codestar-connections:");

/** A secret asked for by its name stands for whatever six characters its ARN ends in. */
function isSecret(pattern: string, resource: string): boolean {
  return resource.endsWith("-??????") && matchesArn(pattern.replace(/-[A-Za-z0-9]{6}$/, "-??????"), resource);
}

function namedIn({ Principal, NotPrincipal }: Statement, caller: Caller): "principal" | "account" | "none" {
  if (NotPrincipal === undefined) return gradeOf(Principal, caller);
  return gradeOf(NotPrincipal, caller) === "none" ? "principal" : "none";
}

function gradeOf(principal: Statement["Principal"], caller: Caller): "principal" | "account" | "none" {
  if (principal === undefined) return "none";
  if (principal === "*") return "principal";
  const names = listOf(principal.AWS ?? []);
  if (names.includes("*")) return "principal";
  if (caller.service !== undefined) {
    const { service } = caller;
    return listOf(principal.Service ?? []).some((name) => namesService(name, service)) ? "principal" : "none";
  }
  if (names.some((name) => name === caller.arn || name === caller.roleArn)) return "principal";
  const isAccount = names.some((name) => name === caller.account || name === `arn:aws:iam::${caller.account}:root`);
  return isAccount ? "account" : "none";
}

/** Further principals of services that act under several: CloudWatch's alarms. */
const FURTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  "monitoring.amazonaws.com": ["cloudwatch.amazonaws.com", "lambda.alarms.cloudwatch.amazonaws.com"],
};

/** A service may be named with its region too: `logs.eu-west-1.amazonaws.com`. */
function namesService(name: string, service: string): boolean {
  if (name.replace(/\.[a-z]{2}(?:-[a-z]+)+-\d(?=\.amazonaws\.com$)/, "") === service) return true;
  return Object.hasOwn(FURTHER_NAMES, service) && FURTHER_NAMES[service]?.includes(name) === true;
}

/**
 * The condition keys that follow from who calls. Loopback counts as `aws:SecureTransport`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
function keysOf({ caller, conditions }: PolicyRequest): ConditionValues {
  const tags = Object.entries(caller.tags ?? {}).map(([key, value]) => [
    `aws:principaltag/${key.toLowerCase()}`,
    value,
  ]);
  const user = /:user\/(?:.*\/)?([^/]+)$/.exec(caller.arn)?.[1];
  return {
    // A session is known to conditions by its role.
    "aws:principalarn": caller.roleArn ?? caller.arn,
    "aws:principalaccount": caller.account,
    "aws:principaltype": caller.roleArn ? "AssumedRole" : "User",
    "aws:principalisawsservice": String(caller.service !== undefined),
    "aws:principalservicename": caller.service,
    "aws:username": user,
    "aws:sourceidentity": caller.sourceIdentity,
    "aws:sourcearn": caller.sourceArn,
    "aws:sourceaccount": caller.sourceAccount,
    "aws:securetransport": "true",
    ...Object.fromEntries(tags),
    ...conditions,
  };
}
