import { intrinsicOf } from "../intrinsics.ts";
import { isObject, type Json, type JsonObject, type Path } from "../json.ts";
import type { Resource } from "../template.ts";
import { type Expansion, makeResource, passedOn, tagList } from "./context.ts";

const AWS_POLICY = "arn:aws:iam::aws:policy/";

/**
 * Managed policies that may be named without their ARN. SAM knows all of AWS's; a name that isn't here is refused,
 * because without AWS's list its path can't be told.
 */
const MANAGED_POLICIES: Record<string, string> = {
  AWSLambdaBasicExecutionRole: "service-role/AWSLambdaBasicExecutionRole",
  AWSLambdaVPCAccessExecutionRole: "service-role/AWSLambdaVPCAccessExecutionRole",
  AWSXrayWriteOnlyAccess: "AWSXrayWriteOnlyAccess",
  AWSXRayDaemonWriteAccess: "AWSXRayDaemonWriteAccess",
  CloudWatchLambdaInsightsExecutionRolePolicy: "CloudWatchLambdaInsightsExecutionRolePolicy",
};

/** The role that SAM makes for a function which names none. */
export function expandRole(
  expansion: Expansion,
  functionId: string,
  function_: { properties: JsonObject; resource: Resource; isTraced: boolean; policies: Json[] },
): void {
  const { properties, resource, isTraced } = function_;
  const logicalId = `${functionId}Role`;
  const path: Path = ["Resources", functionId, "Properties", "Policies"];
  const managed: Json[] = [`${AWS_POLICY}service-role/AWSLambdaBasicExecutionRole`];
  if (isTraced) managed.push(`${AWS_POLICY}AWSXrayWriteOnlyAccess`);
  if (properties.VpcConfig !== undefined) managed.push(`${AWS_POLICY}service-role/AWSLambdaVPCAccessExecutionRole`);

  const policies: Json[] = [];
  const deadLetter = properties.DeadLetterQueue;
  if (isObject(deadLetter)) {
    const action = deadLetter.Type === "SNS" ? "sns:Publish" : "sqs:SendMessage";
    policies.push({
      PolicyName: "DeadLetterQueuePolicy",
      PolicyDocument: {
        Version: "2012-10-17",
        Statement: [{ Action: action, Resource: deadLetter.TargetArn ?? null, Effect: "Allow" }],
      },
    });
  }
  policies.push(...function_.policies);

  const given = properties.Policies === undefined ? [] : [properties.Policies].flat();
  given.forEach((entry, index) => {
    const at = [...path, index];
    if (isObject(entry) && entry.Statement !== undefined) {
      policies.push({ PolicyName: `${logicalId}Policy${index}`, PolicyDocument: entry });
    } else if (typeof entry === "string") {
      const known = Object.hasOwn(MANAGED_POLICIES, entry) ? `${AWS_POLICY}${MANAGED_POLICIES[entry]}` : undefined;
      if (known || entry.startsWith("arn:")) addOnce(managed, known ?? entry);
      else expansion.findings.add(at, `Managed policy '${entry}' must be given by its ARN.`);
    } else if (intrinsicOf(entry) && intrinsicOf(entry)?.name !== "Fn::If") {
      addOnce(managed, entry);
    } else if (isObject(entry)) {
      const name = Object.keys(entry)[0] ?? "";
      expansion.findings.add(at, `SAM policy template '${name}' isn't supported: write the statements.`);
    } else {
      expansion.findings.add(at, "A policy must be statements or the ARN of a managed policy.");
    }
  });

  const role = {
    AssumeRolePolicyDocument: properties.AssumeRolePolicyDocument ?? {
      Version: "2012-10-17",
      Statement: [{ Action: ["sts:AssumeRole"], Effect: "Allow", Principal: { Service: ["lambda.amazonaws.com"] } }],
    },
    ManagedPolicyArns: managed,
    Policies: policies.length > 0 ? policies : undefined,
    Path: properties.RolePath,
    PermissionsBoundary: properties.PermissionsBoundary,
    Tags: tagList(properties.Tags),
  };
  expansion.add(functionId, logicalId, makeResource("AWS::IAM::Role", role, passedOn(resource)));
}

function addOnce(list: Json[], entry: Json): void {
  if (!list.some((other) => JSON.stringify(other) === JSON.stringify(entry))) list.push(entry);
}
