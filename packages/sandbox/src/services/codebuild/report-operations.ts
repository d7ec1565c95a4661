import type * as sdk from "@aws-sdk/client-codebuild";
import type { Report, ReportGroup } from "@aws-sdk/client-codebuild";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { notFound } from "./records.ts";
import { type ReportGroupRecord, type ReportRecord, reportCases, reportGroups, reports } from "./report-records.ts";

/** Reports are kept for 30 days on AWS; here until the sandbox's folder goes. */
const KEPT_MS = 30 * 24 * 3600_000;
const NANOSECONDS = 1e6;

export const reportOperations: Operations<typeof sdk> = {
  BatchGetReports(context, input) {
    const arns = input.reportArns ?? [];
    const found = arns.map((arn) => reports(context).get(arn));
    return {
      reports: found.filter((record) => record !== undefined).map(showReport),
      reportsNotFound: arns.filter((_, index) => found[index] === undefined),
    };
  },

  BatchGetReportGroups(context, input) {
    const arns = input.reportGroupArns ?? [];
    const found = arns.map((arn) => reportGroups(context).get(arn));
    return {
      reportGroups: found.filter((record) => record !== undefined).map(showGroup),
      reportGroupsNotFound: arns.filter((_, index) => found[index] === undefined),
    };
  },

  ListReportGroups(context, input) {
    const { items, nextToken } = page(reportGroups(context).list(), ({ key }) => key, {
      token: input.nextToken,
      size: input.maxResults,
    });
    return { reportGroups: items.map(({ key }) => key), nextToken };
  },

  ListReports(context, input) {
    return listed(
      reports(context)
        .list()
        .map(({ value }) => value),
      input,
    );
  },

  ListReportsForReportGroup(context, input) {
    const group = input.reportGroupArn ?? "";
    if (!reportGroups(context).get(group)) throw notFound(`Report group cannot be found: ${group}`);
    const own = reports(context)
      .list()
      .map(({ value }) => value)
      .filter(({ groupArn }) => groupArn === group);
    return listed(own, input);
  },

  DescribeTestCases(context, input) {
    const reportArn = input.reportArn ?? "";
    const report = reports(context).get(reportArn);
    if (!report) throw notFound(`Report cannot be found: ${reportArn}`);
    const { status, keyword } = input.filter ?? {};
    const cases = (reportCases(context).get(reportArn) ?? [])
      .map((found, index) => ({ found, key: String(index).padStart(9, "0") }))
      .filter(({ found }) => (!status || found.status === status) && (!keyword || found.name.includes(keyword)));
    const { items, nextToken } = page(cases, ({ key }) => key, { token: input.nextToken, size: input.maxResults });
    return {
      testCases: items.map(({ found }) => ({
        reportArn,
        name: found.name,
        prefix: found.prefix,
        status: found.status,
        message: found.message,
        durationInNanoSeconds: Math.round(found.durationMs * NANOSECONDS),
        expired: new Date(Date.parse(report.createdAt) + KEPT_MS),
      })),
      nextToken,
    };
  },
};

interface ListInput {
  readonly nextToken?: string | undefined;
  readonly maxResults?: number | undefined;
  readonly sortOrder?: string | undefined;
  readonly filter?: { status?: string | undefined } | undefined;
}

/** ARNs, the newest first unless asked otherwise. */
function listed(records: ReportRecord[], { sortOrder, filter, nextToken: token, maxResults: size }: ListInput) {
  const sorted = records
    .filter(({ status }) => !filter?.status || status === filter.status)
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  if (sortOrder === "ASCENDING") sorted.reverse();
  const numbered = sorted.map(({ arn }, index) => ({ arn, key: String(index).padStart(9, "0") }));
  const { items, nextToken } = page(numbered, ({ key }) => key, { token, size });
  return { reports: items.map(({ arn }) => arn), nextToken };
}

function showReport(record: ReportRecord): Report {
  const created = new Date(record.createdAt);
  return {
    arn: record.arn,
    type: "TEST",
    name: record.name,
    reportGroupArn: record.groupArn,
    executionId: record.buildArn,
    status: record.status,
    created,
    expired: new Date(created.getTime() + KEPT_MS),
    exportConfig: { exportConfigType: "NO_EXPORT" },
    truncated: false,
    testSummary: {
      total: Object.values(record.counts).reduce((sum, count) => sum + count, 0),
      statusCounts: { ...record.counts },
      durationInNanoSeconds: Math.round(record.durationMs * NANOSECONDS),
    },
  };
}

function showGroup({ arn, name, createdAt }: ReportGroupRecord): ReportGroup {
  const created = new Date(createdAt);
  return {
    arn,
    name,
    type: "TEST",
    exportConfig: { exportConfigType: "NO_EXPORT" },
    created,
    lastModified: created,
    status: "ACTIVE",
  };
}
