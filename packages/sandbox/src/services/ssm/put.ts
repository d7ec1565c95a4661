import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type * as sdk from "@aws-sdk/client-ssm";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { linearRegex } from "../../core/linear-regex.ts";
import type { Operation } from "../../core/service.ts";
import {
  allVersions,
  arnOf,
  checkName,
  DEFAULT_KEY,
  latestVersion,
  parametersOf,
  seal,
  type VersionRecord,
  versionKey,
  versionsOf,
} from "./parameters.ts";

const TYPES = ["SecureString", "StringList", "String"];
const LONGEST_NAME = 1011;
const DEEPEST = 15;
const MOST_VERSIONS = 100;
const LARGEST = { Standard: 4096, Advanced: 8192 } as const;
const DATA_TYPES = ["text", "aws:ssm:integration", "aws:ec2:image"];

const invalid = (message: string) => new AwsError("ValidationException", message);

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html */
export const putParameter: Operation<typeof sdk, "PutParameter"> = async (context, input) => {
  const { Name: name = "", Value: value = "", Tags = [] } = input;
  checkNewName(name);
  const record = parametersOf(context).get(name);
  const before = record && latestVersion(context, record);
  if (before && !input.Overwrite) {
    const message =
      "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
    throw new AwsError("ParameterAlreadyExists", message);
  }
  if (input.Overwrite && Tags.length > 0) {
    throw invalid(
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
    );
  }
  const draft = readDraft(context, input, before);
  const keyId = draft.type === "SecureString" ? (input.KeyId ?? before?.keyId ?? DEFAULT_KEY) : undefined;
  const sealed = keyId !== undefined ? await seal(context, name, value, keyId) : value;

  const version = context.store.transaction(() => {
    // Looked up again: another call may have put a version while KMS was asked.
    const current = parametersOf(context).get(name);
    if (current && !input.Overwrite) throw new AwsError("ParameterAlreadyExists", "The parameter already exists.");
    const next = (current?.latest ?? 0) + 1;
    makeRoom(context, name);
    const stored: VersionRecord = { ...draft, name, version: next, value: sealed, keyId, labels: [] };
    versionsOf(context).put(versionKey(name, next), stored);
    const tags = Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value]));
    parametersOf(context).put(name, { name, latest: next, tags: current?.tags ?? tags });
    return next;
  });
  await announce(context, version === 1 ? "Create" : "Update", { name, type: draft.type });
  return { Version: version, Tier: draft.tier };
};

function readDraft(context: Context, input: sdk.PutParameterRequest, before: VersionRecord | undefined) {
  const type = input.Type ?? before?.type;
  if (type === undefined) throw invalid("A parameter type is required when you create a parameter.");
  if (!TYPES.includes(type)) {
    const set = `Member must satisfy enum value set: [${TYPES.join(", ")}]`;
    throw invalid(`1 validation error detected: Value '${type}' at 'type' failed to satisfy constraint: ${set}`);
  }
  if (before && type !== before.type) {
    const message =
      "Parameter Store doesn't support changing a parameter type in a hierarchy. For example, you can't change a parameter from a String type to a SecureString type. Create a new, unique parameter.";
    throw new AwsError("HierarchyTypeMismatchException", message);
  }
  if (type !== "SecureString" && input.KeyId !== undefined) {
    throw invalid("KeyId is required for SecureString type parameter only.");
  }
  if (input.Policies !== undefined && input.Policies !== "" && input.Policies !== "[]" && input.Policies !== "{}") {
    throw new AwsError("NotImplemented", "sandbox: SSM parameter policies are not implemented", { status: 501 });
  }
  const value = input.Value ?? "";
  if (value === "") {
    const rule = "Member must have length greater than or equal to 1";
    throw invalid(`1 validation error detected: Value '' at 'value' failed to satisfy constraint: ${rule}`);
  }
  const tier = tierOf(input.Tier ?? before?.tier, value);
  const allowedPattern = input.AllowedPattern;
  checkPattern(allowedPattern, value);
  const dataType = input.DataType ?? "text";
  if (!DATA_TYPES.includes(dataType)) {
    throw invalid(`The following data type is not supported: ${dataType} (Data type names are all lowercase.)`);
  }
  if (dataType !== "text") {
    throw new AwsError("NotImplemented", `sandbox: SSM data type ${dataType} is not implemented`, { status: 501 });
  }
  return {
    type,
    tier,
    dataType,
    allowedPattern,
    description: input.Description ?? before?.description,
    modifiedAt: context.clock.now().toISOString(),
    modifiedBy: context.caller.arn,
  };
}

function checkNewName(name: string): void {
  if (/^\/aws/i.test(name)) {
    throw new AwsError("AccessDeniedException", `No access to reserved parameter name: ${name}.`);
  }
  if (/^aws/i.test(name)) throw invalid('Parameter name: can\'t be prefixed with "aws" (case-insensitive).');
  if (name.includes("/") && !name.startsWith("/")) throw invalid("Parameter name must be a fully qualified name.");
  checkName(name);
  if (name.length > LONGEST_NAME) throw invalid(`Parameter name must have at most ${LONGEST_NAME} characters.`);
  if (name.split("/").length - 1 > DEEPEST) {
    const message = `A hierarchy can have a maximum of ${DEEPEST} levels. For more information, see Requirements and constraints for parameter names in the AWS Systems Manager User Guide.`;
    throw new AwsError("HierarchyLevelLimitExceededException", message);
  }
}

function tierOf(asked: string | undefined, value: string): "Standard" | "Advanced" {
  const size = Buffer.byteLength(value);
  const tier =
    asked === "Advanced" || (asked === "Intelligent-Tiering" && size > LARGEST.Standard) ? "Advanced" : "Standard";
  if (size <= LARGEST[tier]) return tier;
  const limit = `${tier} tier parameters support a maximum parameter value of ${LARGEST[tier]} characters.`;
  const hint =
    tier === "Standard"
      ? " To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"
      : "";
  throw invalid(limit + hint);
}

function checkPattern(pattern: string | undefined, value: string): void {
  if (!pattern) return;
  let expression: RegExp;
  try {
    expression = linearRegex(`^(?:${pattern})$`);
  } catch {
    const message = `The request can't be processed because the pattern isn't a regular expression, or can't be tried in linear time: ${pattern}`;
    throw new AwsError("InvalidAllowedPatternException", message);
  }
  if (expression.test(value)) return;
  const message = `Parameter value, cannot be validated against allowedPattern: ${pattern}`;
  throw new AwsError("ParameterPatternMismatchException", message);
}

/** AWS keeps a hundred versions; the oldest goes, unless it carries a label. */
function makeRoom(context: Context, name: string): void {
  const versions = allVersions(context, name);
  const [oldest] = versions;
  if (!oldest || versions.length < MOST_VERSIONS) return;
  if (oldest.labels.length > 0) {
    const message = `You attempted to create a new version of ${name} by calling the PutParameter API with the overwrite flag. Version ${oldest.version}, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.`;
    throw new AwsError("ParameterMaxVersionLimitExceeded", message);
  }
  versionsOf(context).delete(versionKey(name, oldest.version));
}

/**
 * Tells EventBridge. A bus that can't be told (it isn't among the services started) changes nothing about the parameter.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html
 */
export async function announce(
  context: Context,
  operation: "Create" | "Update" | "Delete" | "LabelParameterVersion",
  { name, type }: { name: string; type: string },
): Promise<void> {
  const Entry = {
    Source: "aws.ssm",
    DetailType: "Parameter Store Change",
    Resources: [arnOf(context, name)],
    Detail: JSON.stringify({ operation, name, type }),
  };
  await context.send(new PutEventsCommand({ Entries: [Entry] })).catch((error: unknown) => {
    context.log("ssm.event-lost", { name, operation, error: String(error) });
  });
}
