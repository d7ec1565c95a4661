import { isObject, type Json, type JsonObject } from "../json.ts";
import { refusal, type Source } from "./context.ts";
import { isTruthy } from "./values.ts";

/**
 * Where an object in S3 is, from `s3://bucket/key?versionId=…` or `{ Bucket, Key, Version }`. A folder must have been
 * packaged before: it is refused. Raises `Refusal`.
 */
export function codeLocation(source: Source, property: string, uri: Json): JsonObject {
  if (isObject(uri)) {
    const { Bucket: bucket, Key: key, Version: version, ...others } = uri;
    if (!isTruthy(bucket) || !isTruthy(key)) {
      throw refusal(source, `'${property}' requires Bucket and Key properties to be specified.`, property);
    }
    const [unknown] = Object.keys(others);
    if (unknown) throw refusal(source, `'${property}': '${unknown}' isn't supported.`, property, unknown);
    return located(bucket, key, version);
  }
  if (typeof uri !== "string") throw refusal(source, `'${property}' must be of type dict or string.`, property);
  const [, , parameter] = /\{\{resolve:(ssm|ssm-secure|secretsmanager):([a-zA-Z0-9_.\-/]+)(:\d+)?\}\}/.exec(uri) ?? [];
  if (parameter?.includes("/")) {
    const message = `Unsupported dynamic reference detected in '${property}'. Please consider using alternative 'FunctionCode' object format.`;
    throw refusal(source, message, property);
  }
  const [, bucket, key, query] = /^s3:\/\/([^/?#]+)\/([^?#]*)(?:\?([^#]*))?/i.exec(uri) ?? [];
  if (bucket === undefined || key === undefined) {
    const message = `'${property}' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query parameter. A folder must be packaged first.`;
    throw refusal(source, message, property);
  }
  const versions = new URLSearchParams(query ?? "").getAll("versionId").filter((version) => version !== "");
  return located(bucket, key.replace(/^\/+/, ""), versions.length === 1 ? versions[0] : undefined);
}

function located(bucket: Json, key: Json, version: Json | undefined): JsonObject {
  const code: JsonObject = { S3Bucket: bucket, S3Key: key };
  if (version !== undefined) code.S3ObjectVersion = version;
  return code;
}
