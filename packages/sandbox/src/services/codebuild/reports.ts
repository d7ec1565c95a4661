import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "../../core/context.ts";
import { baseFolder } from "./artifacts.ts";
import type { BuildLog } from "./build-log.ts";
import type { BuildSpec, ReportSpec } from "./buildspec.ts";
import { findFiles } from "./find-files.ts";
import { type JunitCase, parseJunit } from "./junit.ts";
import type { BuildRecord } from "./records.ts";
import { reportCases, reportGroups, reports } from "./report-records.ts";
import type { Sources } from "./sources.ts";

/** A report file bigger than this isn't read: a build's mistake must not stop the sandbox. */
const LARGEST_FILE_BYTES = 32 * 1024 * 1024;

/**
 * Reads the test reports that a build wrote. A failed test fails its report, not the build; a report that isn't there or
 * can't be read is told in the build's log and fails nothing, as on AWS.
 */
export async function collectReports(
  context: Context,
  record: BuildRecord,
  spec: BuildSpec,
  sources: Sources,
  log: BuildLog | undefined,
): Promise<void> {
  for (const wanted of spec.reports) {
    try {
      log?.say(`Preparing to copy TEST report ${wanted.group}`);
      const cases = await readCases(wanted, sources, log);
      const arn = saveReport(context, record, wanted, cases);
      record.reportArns = [...(record.reportArns ?? []), arn];
      log?.say(`Test report for ${wanted.group}: ${cases.length} case(s)`);
    } catch (error) {
      log?.say(`Error processing report ${wanted.group}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

async function readCases(wanted: ReportSpec, sources: Sources, log: BuildLog | undefined): Promise<JunitCase[]> {
  if (wanted.format !== "JUNITXML")
    throw new Error(`sandbox: reports in the format ${wanted.format} are not implemented`);
  log?.say(`Expanding base directory path: ${wanted.baseDirectory}`);
  const base = await baseFolder(sources, wanted.baseDirectory);
  const files = await findFiles(base, wanted.files);
  if (files.length === 0) throw new Error("no matching report paths found");
  const cases: JunitCase[] = [];
  for (const file of files) {
    const text = await readFile(join(base, file), "utf8");
    if (text.length > LARGEST_FILE_BYTES) throw new Error(`${file} is too big to be read`);
    cases.push(...parseJunit(text));
  }
  return cases;
}

function saveReport(context: Context, record: BuildRecord, wanted: ReportSpec, cases: JunitCase[]): string {
  const { region, account } = context;
  const groupName = wanted.group.split(":report-group/").at(-1) ?? wanted.group;
  const named = wanted.group.startsWith("arn:") ? groupName : `${record.project}-${groupName}`;
  const groupArn = `arn:aws:codebuild:${region}:${account}:report-group/${named}`;
  const arn = `arn:aws:codebuild:${region}:${account}:report/${named}:${context.random.uuid()}`;
  const createdAt = context.clock.now().toISOString();
  context.store.transaction(() => {
    if (!reportGroups(context).get(groupArn))
      reportGroups(context).put(groupArn, { arn: groupArn, name: named, createdAt });
    reportCases(context).put(arn, cases);
    const failed = cases.some(({ status }) => status === "FAILED" || status === "ERROR");
    const counts = { SUCCEEDED: 0, FAILED: 0, ERROR: 0, SKIPPED: 0, UNKNOWN: 0 };
    for (const { status } of cases) counts[status]++;
    const durationMs = cases.reduce((sum, one) => sum + one.durationMs, 0);
    const status = failed ? "FAILED" : "SUCCEEDED";
    reports(context).put(arn, {
      arn,
      groupArn,
      name: named,
      buildArn: record.arn,
      createdAt,
      status,
      counts,
      durationMs,
    });
  });
  return arn;
}
