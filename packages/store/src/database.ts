import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "./generated/client.ts";

/** A client, or a client inside a transaction: what every query is written against. */
export type Queries = Omit<PrismaClient, "$connect" | "$disconnect" | "$on" | "$use" | "$extends">;

/** Connects lazily; at most ten connections. */
export function openDatabase(databaseUrl: string): PrismaClient {
  return new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl, max: 10 }) });
}

/** Prisma's code for a violated unique constraint. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "P2002";
}

/** The members of the domain's types that are dates. A person's text is never one, whatever it looks like. */
const dates = new Set(["at", "since", "startedAt", "endedAt", "committedAt", "waitingSince"]);

/** A JSON column as the domain's type: the members that are dates become dates again. */
export function revive<T>(value: unknown): T {
  if (Array.isArray(value)) return value.map((item) => revive(item)) as T;
  if (value === null || typeof value !== "object") return value as T;
  const revived = Object.entries(value).map(([key, item]): [string, unknown] => [
    key,
    dates.has(key) && typeof item === "string" ? new Date(item) : revive(item),
  ]);
  return Object.fromEntries(revived) as T;
}

/** A value as it may be stored in a JSON column: dates as ISO instants, undefined members left out. */
export function toJson(value: unknown): object {
  return JSON.parse(JSON.stringify(value)) as object;
}
