import { isObject, type Json, type JsonObject } from "@turnpike/cloudformation";
import { AwsError } from "../../../core/errors.ts";
import type { ProviderCall } from "../provider.ts";

/** Text, undefined when the property isn't there. Numbers and booleans become text, as in CloudFormation. */
export function text(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function number(value: Json | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  const result = Number(value);
  if (typeof value !== "object" && Number.isFinite(result)) return result;
  throw new AwsError("ValidationException", `${JSON.stringify(value)} isn't a number`);
}

export function flag(value: Json | undefined): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  return value === true || value === "true";
}

export function list(value: Json | undefined): Json[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

export function texts(value: Json | undefined): string[] {
  return list(value).map((item) => text(item) ?? "");
}

export function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** A policy document as the services want it: text. */
export function document(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? {});
}

/** `[{ Key, Value }]`, the form in which most services take tags. */
export function tagList(call: ProviderCall): { Key: string; Value: string }[] {
  return Object.entries(call.tags).map(([Key, Value]) => ({ Key, Value }));
}

/** `[{ key, value }]`, as the developer tools take them. */
export function lowerTagList(call: ProviderCall): { key: string; value: string }[] {
  return Object.entries(call.tags).map(([key, value]) => ({ key, value }));
}

export function tagMap(call: ProviderCall): Record<string, string> {
  return { ...call.tags };
}

/** Tags that an update must take away. */
export function goneTags(call: ProviderCall, before: Readonly<Record<string, string>>): string[] {
  return Object.keys(before).filter((key) => !Object.hasOwn(call.tags, key));
}

/** Only what is there, so that optional members of an SDK input may be undefined on the way. */
export function present<T extends object>(input: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(input).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** `{ LogFormat: "JSON" }` → `{ logFormat: "JSON" }`, at every level: the developer tools' APIs begin in lower case. */
export function lowerCamel(value: Json): Json {
  if (Array.isArray(value)) return value.map(lowerCamel);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key.charAt(0).toLowerCase() + key.slice(1), lowerCamel(member)]),
  );
}

const TAKEN = /AlreadyExist|AlreadyOwnedByYou|ResourceConflict|QueueNameExists|ConflictException|EntityAlreadyExists/;
const ABSENT = /NotFound|NoSuch|NonExistent|DoesNotExist/;

/** Creates; when the attempt before this one may have done so already, its name being taken is success. */
export async function createOnce(call: ProviderCall, create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!call.isRepeated || !(error instanceof AwsError) || !TAKEN.test(error.code)) throw error;
  }
}

export function isAbsent(error: unknown): boolean {
  return error instanceof AwsError && ABSENT.test(error.code);
}

/** Undefined when what is asked for isn't there. */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Only what is stated can drift: what the service adds by itself is left out. */
export function stated(call: ProviderCall, found: Record<string, Json | undefined>): JsonObject {
  const result: JsonObject = {};
  for (const [name, value] of Object.entries(found)) {
    if (value !== undefined && Object.hasOwn(call.properties, name)) result[name] = value;
  }
  return result;
}
