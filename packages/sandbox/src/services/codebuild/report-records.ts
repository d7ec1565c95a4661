import type { Context } from "../../core/context.ts";
import type { Collection } from "../../core/store.ts";
import type { JunitCase } from "./junit.ts";

export interface ReportGroupRecord {
  readonly arn: string;
  readonly name: string;
  readonly createdAt: string;
}

export interface ReportRecord {
  readonly arn: string;
  readonly groupArn: string;
  readonly name: string;
  /** The build that wrote it. */
  readonly buildArn: string;
  readonly createdAt: string;
  readonly status: "SUCCEEDED" | "FAILED";
  readonly counts: Readonly<Record<"SUCCEEDED" | "FAILED" | "ERROR" | "SKIPPED" | "UNKNOWN", number>>;
  readonly durationMs: number;
}

/** All by ARN. */
export const reportGroups = (context: Context): Collection<ReportGroupRecord> => context.collection("report groups");
export const reports = (context: Context): Collection<ReportRecord> => context.collection("reports");
export const reportCases = (context: Context): Collection<JunitCase[]> => context.collection("report cases");
