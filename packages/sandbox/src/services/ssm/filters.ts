import type { ParameterStringFilter } from "@aws-sdk/client-ssm";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { latestVersion, type ParameterRecord } from "./parameters.ts";

/** Which keys each operation takes. https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html */
const KEYS = {
  path: ["Type", "KeyId", "Label"],
  describe: ["Type", "KeyId", "Name", "Path", "Tier", "DataType", "tag:"],
} as const;

/** True when the parameter's latest version passes all filters. Raises `InvalidFilterKey` and `InvalidFilterOption`. */
export function matchesFilters(
  context: Context,
  record: ParameterRecord,
  filters: readonly ParameterStringFilter[] | undefined,
  operation: keyof typeof KEYS,
): boolean {
  return (filters ?? []).every((filter) => matches(context, record, filter, operation));
}

function matches(
  context: Context,
  record: ParameterRecord,
  filter: ParameterStringFilter,
  operation: keyof typeof KEYS,
): boolean {
  const { Key: key = "", Option: option = key === "Path" ? "OneLevel" : "Equals", Values: values = [] } = filter;
  const known = KEYS[operation].some((name) => (name === "tag:" ? key.startsWith(name) : key === name));
  if (!known) {
    const message = `The following filter key is not valid: ${key}. Valid filter keys include: [${KEYS[operation].join(", ")}]`;
    throw new AwsError("InvalidFilterKey", message);
  }
  const version = latestVersion(context, record);
  if (key.startsWith("tag:")) {
    const tag = record.tags[key.slice("tag:".length)];
    return tag !== undefined && (values.length === 0 || values.includes(tag));
  }
  if (key === "Path") return values.some((path) => isBelow(record.name, path, option));
  if (key === "Label") return version.labels.some((label) => values.includes(label));
  const fields: Record<string, string | undefined> = {
    Name: record.name.replace(/^\//, ""),
    Type: version.type,
    KeyId: version.keyId,
    Tier: version.tier,
    DataType: version.dataType,
  };
  // A name is the same to a filter with its first slash and without.
  const wanted = key === "Name" ? values.map((value) => value.replace(/^\//, "")) : values;
  const actual = fields[key];
  if (option === "Equals") return actual !== undefined && wanted.includes(actual);
  if (option === "BeginsWith") return wanted.some((value) => actual?.startsWith(value));
  if (option === "Contains" && key === "Name") return wanted.some((value) => actual?.includes(value));
  const message = `The following filter option is not valid: ${option}. Valid options include: [BeginsWith, Equals]`;
  throw new AwsError("InvalidFilterOption", message);
}

function isBelow(name: string, path: string, option: string): boolean {
  const below = path.endsWith("/") ? path : `${path}/`;
  if (!name.startsWith(below)) return false;
  if (option === "Recursive") return true;
  if (option === "OneLevel") return !name.slice(below.length).includes("/");
  const message = `The following filter option is not valid: ${option}. Valid options include: [Recursive, OneLevel]`;
  throw new AwsError("InvalidFilterOption", message);
}
