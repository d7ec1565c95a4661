import type * as sdk from "@aws-sdk/client-lambda";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { policyAllows } from "../../core/policy.ts";
import type { Operations } from "../../core/service.ts";
import { functionArn, getFunction, policies, resolveQualifier } from "./records.ts";

/** A function's own policy: who of outside may invoke it. One for the function, one for each alias and version. */
export const permissionOperations: Operations<typeof sdk> = {
  AddPermission(context, input) {
    const { reference, record } = getFunction(context, input.FunctionName, input.Qualifier);
    const { qualifier } = reference;
    resolveQualifier(context, record, qualifier, () => 1);
    const key = `${record.latest.name}/${qualifier ?? ""}`;
    const sid = input.StatementId ?? "";
    const before = policies(context).get(key);
    if (before && sid in before.statements) {
      const message = `The statement id (${sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`;
      throw new AwsError("ResourceConflictException", message, { status: 409, members: { Type: "User" } });
    }
    const conditions: Record<string, Record<string, string>> = {};
    const when = (operator: string, name: string, value: string | undefined) => {
      if (value !== undefined) conditions[operator] = { ...conditions[operator], [name]: value };
    };
    when("StringEquals", "AWS:SourceAccount", input.SourceAccount);
    when("ArnLike", "AWS:SourceArn", input.SourceArn);
    when("StringEquals", "aws:PrincipalOrgID", input.PrincipalOrgID);
    when("StringEquals", "lambda:EventSourceToken", input.EventSourceToken);
    when("StringEquals", "lambda:FunctionUrlAuthType", input.FunctionUrlAuthType);
    const statement = {
      Sid: sid,
      Effect: "Allow",
      Principal: principalOf(input.Principal ?? ""),
      Action: input.Action,
      Resource: functionArn(context, record.latest.name, qualifier),
      ...(Object.keys(conditions).length > 0 ? { Condition: conditions } : {}),
    };
    const statements = { ...before?.statements, [sid]: statement };
    policies(context).put(key, { statements, revisionId: context.random.uuid() });
    return { Statement: JSON.stringify(statement) };
  },

  RemovePermission(context, { FunctionName, Qualifier, StatementId = "" }) {
    const { reference, record } = getFunction(context, FunctionName, Qualifier);
    const key = `${record.latest.name}/${reference.qualifier ?? ""}`;
    const policy = policies(context).get(key);
    if (!policy || !(StatementId in policy.statements)) {
      throw new AwsError("ResourceNotFoundException", `Statement ${StatementId} is not found in resource policy.`, {
        members: { Type: "User" },
      });
    }
    const { [StatementId]: _, ...statements } = policy.statements;
    if (Object.keys(statements).length === 0) policies(context).delete(key);
    else policies(context).put(key, { statements, revisionId: context.random.uuid() });
    return {};
  },

  GetPolicy(context, { FunctionName, Qualifier }) {
    const { reference, record } = getFunction(context, FunctionName, Qualifier);
    const policy = policies(context).get(`${record.latest.name}/${reference.qualifier ?? ""}`);
    if (!policy) {
      throw new AwsError("ResourceNotFoundException", "The resource you requested does not exist.", {
        members: { Type: "User" },
      });
    }
    return { Policy: documentOf(Object.values(policy.statements)), RevisionId: policy.revisionId };
  },
};

function principalOf(principal: string): unknown {
  if (principal === "*") return "*";
  if (principal.endsWith(".amazonaws.com")) return { Service: principal };
  return { AWS: /^\d{12}$/.test(principal) ? `arn:aws:iam::${principal}:root` : principal };
}

const documentOf = (statements: unknown[]) =>
  JSON.stringify({ Version: "2012-10-17", Id: "default", Statement: statements });

/** The policy of a function, or of one of its aliases or versions, by ARN; undefined when it has none. */
export function policyDocument(runtime: ServiceRuntime, arn: string): string | undefined {
  const [, , , region = "", account = "", , name = "", qualifier = ""] = arn.split(":");
  const policy = policies(runtime.storeOf(account, region)).get(`${name}/${qualifier}`);
  return policy && documentOf(Object.values(policy.statements));
}

/**
 * Whether the caller may invoke. The function's own account may as far as identity policies say;
 * another account and a service that acts for a resource (an API, a rule) may what the function's policy allows.
 * A service that acts for nothing is the sandbox itself.
 */
export function requireInvokePermission(
  context: Context,
  target: { account: string; region: string; collection: Context["collection"] },
  name: string,
  qualifier: string | undefined,
): void {
  const { caller } = context;
  const asked = caller.service === undefined ? caller.account !== target.account : caller.sourceArn !== undefined;
  if (!asked) return;
  const resource = functionArn(target, name, qualifier);
  const statements = Object.values(policies(target).get(`${name}/${qualifier ?? ""}`)?.statements ?? {});
  const allowed =
    statements.length > 0 &&
    policyAllows(documentOf(statements), { action: "lambda:InvokeFunction", resource, caller });
  if (allowed) return;
  const who = caller.service ?? caller.arn;
  const message = `User: ${who} is not authorized to perform: lambda:InvokeFunction on resource: ${resource} because no resource-based policy allows the lambda:InvokeFunction action`;
  throw new AwsError("AccessDeniedException", message, { status: 403 });
}
