import { AwsError } from "../errors.ts";
import type { Caller, Identity, IdentitySource, Need } from "../identity.ts";
import { judgePolicies, judgeResourcePolicy, type PolicyRequest } from "../policy.ts";
import type { ServiceModel } from "../wire/model.ts";

/** Who asks, where. */
interface Asking {
  readonly caller: Caller;
  readonly account: string;
  readonly region: string;
  readonly now: Date;
  /** A request over the wire, which has an address. */
  readonly isExternal: boolean;
}

/** Why a request is refused, in the words that follow "is not authorized to perform: X on resource: Y". */
type Denial = string;

/**
 * Decides as AWS does: an explicit denial anywhere wins; within one account the identity's policies or the resource's
 * own suffice, except where the resource's decides (keys, trust); across accounts both must allow. A boundary and a
 * session's policies allow nothing by themselves and limit everything. Undefined: allowed.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
export function denialOf(need: Need, asking: Asking, source: IdentitySource | undefined): Denial | undefined {
  const { caller } = asking;
  // What a service may is decided where it arrives: by the policy of the resource for which it is sent.
  if (caller.service !== undefined) return undefined;
  const owner = need.owner ?? ownerOf(need.resource) ?? asking.account;
  const isOwn = owner === caller.account;
  const identity = identityOf(caller, source);
  const request = requestOf(need, asking, owner, identity);
  const granted = need.policy === undefined ? "none" : judgeResourcePolicy(need.policy, request);
  // Without them the service asks the resource's own policy itself, across accounts.
  const isResourceKnown = need.policy !== undefined || need.owner !== undefined;
  const isRoot = caller.roleArn === undefined && caller.user === undefined;

  if (isRoot || !source) {
    if (isOwn || !isResourceKnown) return undefined;
    if (granted === "deny") return "with an explicit deny in a resource-based policy";
    return granted === "none" ? noneAllows("resource-based policy", need) : undefined;
  }
  if (granted === "deny") return "with an explicit deny in a resource-based policy";
  const byIdentity = judgePolicies(identity?.policies ?? [], request);
  if (byIdentity === "deny") return "with an explicit deny in an identity-based policy";
  const limits: [string, "allow" | "deny" | "none"][] = [];
  if (identity?.boundary !== undefined)
    limits.push(["permissions boundary", judgePolicies([identity.boundary], request)]);
  if (caller.sessionPolicies) limits.push(["session policy", judgePolicies(caller.sessionPolicies, request)]);
  for (const [kind, verdict] of limits) if (verdict === "deny") return `with an explicit deny in a ${kind}`;

  if (!isOwn && isResourceKnown && granted === "none") {
    return byIdentity === "allow"
      ? noneAllows("resource-based policy", need)
      : noneAllows("identity-based policy", need);
  }
  const isNamed = isOwn && granted === "principal";
  if (isOwn && need.policyDecides && granted === "none") return noneAllows("resource-based policy", need);
  if (!isNamed && byIdentity !== "allow") return noneAllows("identity-based policy", need);
  for (const [kind, verdict] of limits) if (verdict !== "allow") return noneAllows(kind, need);
  return undefined;
}

const noneAllows = (kind: string, need: Need): Denial => `because no ${kind} allows the ${need.action} action`;

function identityOf(caller: Caller, source: IdentitySource | undefined): Identity | undefined {
  if (caller.user !== undefined) return source?.user(caller.account, caller.user);
  const name = caller.roleArn?.split("/").at(-1);
  return name === undefined ? undefined : source?.role(caller.account, name);
}

function requestOf(need: Need, asking: Asking, owner: string, identity: Identity | undefined): PolicyRequest {
  const { caller, region, now, isExternal } = asking;
  const tags = { ...identity?.tags, ...caller.tags };
  const conditions = {
    "aws:currenttime": now.toISOString(),
    "aws:epochtime": String(Math.floor(now.getTime() / 1000)),
    "aws:requestedregion": region,
    "aws:resourceaccount": owner,
    "aws:viaawsservice": String(!isExternal),
    ...(isExternal ? { "aws:sourceip": "127.0.0.1" } : {}),
    ...need.conditions,
  };
  return { action: need.action, resource: need.resource, caller: { ...caller, tags }, conditions };
}

/** The account of an ARN that names one. */
function ownerOf(arn: string | undefined): string | undefined {
  return /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(arn ?? "")?.[1];
}

/** The refusal as the service writes it: each protocol has a code of its own, S3 puts the resource into quotes. */
export function refusalOf(need: Need, caller: Caller, denial: Denial, model: ServiceModel): AwsError {
  const isS3 = need.action.startsWith("s3:");
  const { action } = need;
  // SQS writes its actions in lower case, SNS its name in upper case.
  const shown = action.startsWith("sqs:") ? action.toLowerCase() : action.replace(/^sns:/, "SNS:");
  const reason = denial.replace(action, () => shown);
  const place = need.resource === undefined ? "" : ` on resource: ${isS3 ? `"${need.resource}"` : need.resource}`;
  const message = `User: ${caller.arn} is not authorized to perform: ${shown}${place} ${reason}`;
  if (model.signingName === "sns") return new AwsError("AuthorizationError", message, { status: 403 });
  if (model.signingName === "ec2") {
    return new AwsError("UnauthorizedOperation", `You are not authorized to perform this operation. ${message}`, {
      status: 403,
    });
  }
  const isXml = model.protocol === "query" || model.protocol === "restXml";
  const code = isXml || model.queryCompatible ? "AccessDenied" : "AccessDeniedException";
  return new AwsError(code, message, { status: model.protocol.startsWith("json") ? 400 : 403 });
}
