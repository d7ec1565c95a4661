import type { Parameter, ParameterType } from "@aws-sdk/client-ssm";
import type { Context } from "../../core/context.ts";
import * as envelope from "../../core/envelope.ts";
import { AwsError } from "../../core/errors.ts";
import type { Collection } from "../../core/store.ts";

export interface ParameterRecord {
  readonly name: string;
  readonly latest: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** One version of a parameter; what it was before stays as long as AWS keeps it. */
export interface VersionRecord {
  readonly name: string;
  readonly version: number;
  readonly type: ParameterType;
  /** Of a SecureString: ciphertext, base 64. */
  readonly value: string;
  /** As it was given; `alias/aws/ssm` where none was. */
  readonly keyId?: string | undefined;
  readonly description?: string | undefined;
  readonly allowedPattern?: string | undefined;
  readonly tier: "Standard" | "Advanced";
  readonly dataType: string;
  readonly labels: readonly string[];
  readonly modifiedAt: string;
  readonly modifiedBy: string;
}

export const DEFAULT_KEY = "alias/aws/ssm";

type Home = Pick<Context, "collection">;

export const parametersOf = (home: Home): Collection<ParameterRecord> => home.collection("parameters");
export const versionsOf = (home: Home): Collection<VersionRecord> => home.collection("versions");

/** No name has a space, so a name's versions stand together and none of a longer name is among them. */
export const versionKey = (name: string, version: number) => `${name} ${String(version).padStart(12, "0")}`;

export const allVersions = (home: Home, name: string): VersionRecord[] =>
  versionsOf(home)
    .list(`${name} `)
    .map(({ value }) => value);

export function latestVersion(home: Home, record: ParameterRecord): VersionRecord {
  const version = versionsOf(home).get(versionKey(record.name, record.latest));
  if (!version) throw parameterNotFound();
  return version;
}

export function arnOf(context: Pick<Context, "account" | "region">, name: string): string {
  return `arn:aws:ssm:${context.region}:${context.account}:parameter${name.startsWith("/") ? "" : "/"}${name}`;
}

/** AWS gives this error no text. */
export function parameterNotFound(): AwsError {
  return new AwsError("ParameterNotFound", "");
}

const NAME_RULE =
  'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_';

/** Raises the `ValidationException` of a name that can't be, on reading too. */
export function checkName(name: string): void {
  const isPath = name.includes("/");
  const isForm = isPath ? /^(\/[\w.-]+)+$/.test(name) : /^[\w.-]+$/.test(name);
  if (!isForm || /^\/?ssm/i.test(name)) throw new AwsError("ValidationException", NAME_RULE);
}

interface Reference {
  readonly name: string;
  /** A version's number or one of its labels. */
  readonly selector: string | undefined;
}

/** `name`, `name:3`, `name:label`, or one of these as an ARN of this account and region. */
export function readReference(context: Context, given: string): Reference {
  const arn = /^arn:aws:ssm:([^:]*):(\d{12}):parameter(\/.+)$/.exec(given);
  if (arn && (arn[1] !== context.region || arn[2] !== context.account)) throw parameterNotFound();
  const [path = "", selector, ...rest] = (arn?.[3] ?? given).split(":");
  if (rest.length > 0) throw new AwsError("ValidationException", `Invalid parameter name: ${given}`);
  // The ARN of `a` and of `/a` look alike; the one that is there is meant.
  const bare = path.slice(1);
  const name = arn && !bare.includes("/") && parametersOf(context).get(bare) ? bare : path;
  return { name, selector };
}

/** Raises `ParameterNotFound`, or `ParameterVersionNotFound` where the parameter has no such version or label. */
export function findVersion(context: Context, { name, selector }: Reference): VersionRecord {
  const record = parametersOf(context).get(name);
  if (!record) {
    checkName(name);
    throw parameterNotFound();
  }
  if (selector === undefined) return latestVersion(context, record);
  const found = /^\d+$/.test(selector)
    ? versionsOf(context).get(versionKey(name, Number(selector)))
    : allVersions(context, name).find(({ labels }) => labels.includes(selector));
  if (found) return found;
  const what = /^\d+$/.test(selector) ? "version" : "version label";
  const message = `Systems Manager could not find ${what} ${selector} of ${name}. Verify the version and try again.`;
  throw new AwsError("ParameterVersionNotFound", message);
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html#parameter-store-encryption-context */
const encryptionContext = (context: Context, name: string) => ({ PARAMETER_ARN: arnOf(context, name) });

/** Raises `InvalidKeyId` for whatever KMS has against the key, `AccessDeniedException` for what it has against the caller. */
async function asKeyError<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof AwsError) || error.status === 501) throw error;
    throw new AwsError(/AccessDenied/.test(error.code) ? "AccessDeniedException" : "InvalidKeyId", error.message);
  }
}

export const seal = (context: Context, name: string, value: string, key: string): Promise<string> =>
  asKeyError(envelope.seal(context, value, { key, encryptionContext: encryptionContext(context, name) }));

async function unseal(context: Context, { name, value }: VersionRecord): Promise<string> {
  return (await asKeyError(envelope.unseal(context, value, encryptionContext(context, name)))).toString();
}

/** A version as it is read: a SecureString's value is ciphertext unless it is asked for in the clear. */
export async function showValue(
  context: Context,
  version: VersionRecord,
  options: { decrypt: boolean | undefined; selector?: string | undefined },
): Promise<Parameter> {
  const isSealed = version.type === "SecureString" && options.decrypt === true;
  return {
    Name: version.name,
    Type: version.type,
    Value: isSealed ? await unseal(context, version) : version.value,
    Version: version.version,
    ...(options.selector === undefined ? {} : { Selector: `:${options.selector}` }),
    LastModifiedDate: new Date(version.modifiedAt),
    ARN: arnOf(context, version.name),
    DataType: version.dataType,
  };
}
