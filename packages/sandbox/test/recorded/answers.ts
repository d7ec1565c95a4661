import type { Recorded } from "./compare.ts";

type Fields = Record<string, unknown>;

/** An answer of the JavaScript SDK as botocore, with which the recordings were made, gives it. */
export async function answerOf(output: object): Promise<Fields> {
  const { $metadata, ...members } = output as Fields & { $metadata?: { httpStatusCode?: number } };
  const fields: Fields = {};
  for (const [name, value] of Object.entries(members)) fields[name] = await readable(value);
  return { ...fields, ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode: $metadata?.httpStatusCode } };
}

/** Streams read, bytes as text. */
export async function readable(value: unknown): Promise<unknown> {
  if (value instanceof Date || value === null || typeof value !== "object") return value;
  const { transformToString } = value as { transformToString?: () => Promise<string> };
  if (transformToString) return transformToString.call(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (Array.isArray(value)) return Promise.all(value.map(readable));
  const entries = Object.entries(value).map(async ([key, item]) => [key, await readable(item)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

interface SdkError extends Error {
  readonly Code?: string;
  readonly Error?: { readonly Code?: string; readonly Message?: string };
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** True for the sandbox's word for what it doesn't have. */
export const isNotThere = (thrown: unknown): boolean => (thrown as SdkError).$metadata?.httpStatusCode === 501;

/** What of a recorded error is another client's own, or follows from the status and the protocol. */
const CLIENTS_OWN = /^(?:message|code|type|detail|queryerrorcode|requestid|hostid|__type)$/i;

/** A recorded answer without what only botocore tells of an error. */
export function comparable(recorded: Recorded): Recorded {
  if (recorded === null || typeof recorded !== "object" || Array.isArray(recorded)) return recorded;
  const fields = recorded as { readonly [key: string]: Recorded };
  const told = fields.Error;
  if (told === undefined || told === null || typeof told !== "object") return recorded;
  const kept = Object.entries(fields).filter(([name]) => !CLIENTS_OWN.test(name));
  const details = Object.entries(told).filter(([name]) => /^(?:Code|Message)$/.test(name) || !CLIENTS_OWN.test(name));
  return { ...Object.fromEntries(kept), Error: Object.fromEntries(details) };
}

/**
 * An error as botocore tells it, with the members that the recording has, and with its code where this client knows the
 * error under two: SQS's and CloudWatch's errors have a name of their own and one of the query protocol.
 */
export function errorOf(thrown: unknown, recorded: Recorded): Fields {
  const error = thrown as SdkError & Fields;
  const { Error: told = {}, ...others } = (recorded ?? {}) as { Error?: Fields } & Fields;
  const codes = [error.Error?.Code, error.Code, error.name];
  const code = codes.find((candidate) => candidate === told.Code) ?? codes.find((candidate) => candidate !== undefined);
  const details: Fields = { Code: code, Message: error.message };
  for (const name of Object.keys(told)) details[name] ??= error[name];
  const fields: Fields = { Error: details };
  for (const name of Object.keys(others)) fields[name] = error[name];
  return { ...fields, ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode: error.$metadata?.httpStatusCode } };
}
