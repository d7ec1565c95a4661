import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand } from "@aws-sdk/client-ssm";
import { isObject, type Json, type JsonObject, type Template } from "@turnpike/cloudformation";
import type { Send } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { validationError } from "./records.ts";

/*
 * `{{resolve:ssm:…}}`, `{{resolve:ssm-secure:…}}`, `{{resolve:secretsmanager:…}}` and parameters of type
 * `AWS::SSM::Parameter::Value<…>`. References are resolved when a resource is created or updated and never kept: what a
 * stack remembers, compares and shows is the reference.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
 */

const REFERENCE = /\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]+)\}\}/g;

/** Where a secure string may stand. */
const SECURE_PROPERTIES = new Set([
  "AWS::DirectoryService::MicrosoftAD/Password",
  "AWS::DirectoryService::SimpleAD/Password",
  "AWS::ElastiCache::ReplicationGroup/AuthToken",
  "AWS::IAM::User/LoginProfile",
  "AWS::RDS::DBCluster/MasterUserPassword",
  "AWS::RDS::DBInstance/MasterUserPassword",
  "AWS::Redshift::Cluster/MasterUserPassword",
]);

/** The properties with every dynamic reference resolved. Raises `ValidationError` in CloudFormation's words. */
export async function resolveReferences(send: Send, type: string, properties: JsonObject): Promise<JsonObject> {
  if (!JSON.stringify(properties).includes("{{resolve:")) return properties;
  const result: JsonObject = {};
  for (const [name, value] of Object.entries(properties))
    result[name] = await resolveIn(send, value, `${type}/${name}`);
  return result;
}

async function resolveIn(send: Send, value: Json, place: string): Promise<Json> {
  if (typeof value === "string") return resolveText(send, value, place);
  if (Array.isArray(value)) return Promise.all(value.map((item) => resolveIn(send, item, place)));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(
    async ([key, member]) => [key, await resolveIn(send, member, place)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function resolveText(send: Send, text: string, place: string): Promise<string> {
  let result = "";
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const [whole, service, reference = ""] = match;
    result += text.slice(end, match.index);
    end = match.index + whole.length;
    if (service === "secretsmanager") result += await secretValue(send, reference);
    else {
      if (service === "ssm-secure" && !SECURE_PROPERTIES.has(place)) {
        throw validationError(`SSM Secure reference is not supported in: [${place.replace("/", "/Properties/")}]`);
      }
      result += await parameterValue(send, reference, service === "ssm-secure");
    }
  }
  return result + text.slice(end);
}

async function parameterValue(send: Send, reference: string, isSecure: boolean): Promise<string> {
  const [, name = reference, version] = /^(.*?)(?::(\d+))?$/.exec(reference) ?? [];
  const Name = version === undefined ? name : `${name}:${version}`;
  const { Parameter } = await fetched(send(new GetParameterCommand({ Name, WithDecryption: isSecure })), name);
  if (!isSecure && Parameter?.Type === "SecureString") {
    throw validationError(`Parameters [${name}] referenced by template have types not supported by CloudFormation.`);
  }
  return Parameter?.Value ?? "";
}

async function fetched<T>(work: Promise<T>, name: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof AwsError) || !/^ParameterNotFound|^ParameterVersionNotFound/.test(error.code)) throw error;
    throw validationError(`Unable to fetch parameters [${name}] from parameter store for this account.`);
  }
}

/** `<id or ARN>:SecretString:<key>:<stage>:<version>`; all but the first may be left out. */
async function secretValue(send: Send, reference: string): Promise<string> {
  const parts = reference.split(":");
  const SecretId = parts.splice(0, reference.startsWith("arn:") ? 7 : 1).join(":");
  const [kind, key, stage, version] = parts;
  if (kind !== undefined && kind !== "" && kind !== "SecretString") {
    throw validationError(`Only SecretString is supported for dynamic references to Secrets Manager, not ${kind}.`);
  }
  const { SecretString: text } = await send(
    new GetSecretValueCommand({
      SecretId,
      ...(stage ? { VersionStage: stage } : {}),
      ...(version ? { VersionId: version } : {}),
    }),
  );
  if (!key) return text ?? "";
  const value = memberOf(text ?? "", key);
  if (value === undefined) throw validationError(`Could not find a value associated with JSONKey in SecretString`);
  return value;
}

function memberOf(text: string, key: string): string | undefined {
  try {
    const members = JSON.parse(text) as unknown;
    if (typeof members !== "object" || members === null || !Object.hasOwn(members, key)) return undefined;
    return String((members as Record<string, unknown>)[key]);
  } catch {
    throw validationError("Could not parse SecretString JSON");
  }
}

const PARAMETER_TYPE = /^AWS::SSM::Parameter::Value</;

/** Values of the parameters that Parameter Store has: looked up at each operation, and kept with the stack. */
export async function storedParameters(
  send: Send,
  template: Template,
  given: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const resolved: Record<string, string> = {};
  for (const [key, parameter] of template.parameters) {
    const name = given[key] ?? parameter.defaultValue;
    if (!PARAMETER_TYPE.test(parameter.type)) continue;
    if (name === undefined) throw validationError(`Parameter ${key} should either have input value or default value`);
    resolved[key] = await parameterValue(send, name, false);
  }
  return resolved;
}
