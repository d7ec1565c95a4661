import type { QueryStatus } from "@aws-sdk/client-cloudwatch-logs";
import type { Context } from "../../core/context.ts";
import type { Row } from "./insights/query.ts";

/** An Insights query, as it was started and as far as it came. */
export interface QueryRecord {
  readonly id: string;
  readonly groups: readonly string[];
  /** Seconds. */
  readonly startTime: number;
  readonly endTime: number;
  readonly text: string;
  readonly limit: number | undefined;
  readonly status: QueryStatus;
  readonly createdAtMs: number;
  readonly tookMs: number;
  readonly statistics: {
    readonly recordsMatched: number;
    readonly recordsScanned: number;
    readonly bytesScanned: number;
  };
}

export const queries = (context: Context) => context.collection<QueryRecord>("queries");

/** By the query's id; apart from the query, because rows are many. */
export const queryRows = (context: Context) => context.collection<Row[]>("query-rows");
