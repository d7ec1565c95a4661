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

const ISO_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/**
 * A JSON column as the domain's type: strings that are exactly an ISO instant become dates again.
 *
 * Only for documents that we wrote ourselves: a person's text that happens to be an instant would become a date too,
 * so parameters and the like are read with `asJson`.
 */
export function revive<T>(value: unknown): T {
  if (typeof value === "string") return (ISO_DATE.test(value) ? new Date(value) : value) as T;
  if (Array.isArray(value)) return value.map((item) => revive(item)) as T;
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item)])) as T;
  }
  return value as T;
}

/** A value as it may be stored in a JSON column: dates as ISO instants, undefined members left out. */
export function toJson(value: unknown): object {
  return JSON.parse(JSON.stringify(value)) as object;
}
