import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  paginateFilterLogEvents,
} from "@aws-sdk/client-cloudwatch-logs";
import { estimateCost } from "@turnpike/domain/costs";
import { openSubject } from "@turnpike/domain/standards";
import { createTemplates, type RenderedFile } from "@turnpike/templating";
import { dryRun } from "../dry-run/dry-run.ts";
import type { Throwaway } from "../dry-run/throwaway.ts";
import { WORKLOADS } from "../product/accounts.ts";
import { median, print } from "./figure.ts";

const execute = promisify(execFile);
const directory = path.resolve(import.meta.dirname, "../../templates");

/**
 * Of each golden path: `paths.bundle_kb`, the largest of the files that its build makes for Lambda, in kilobytes of 1,024
 * bytes, source maps aside; `paths.cold_start_ms` and `paths.duration_ms`, as its functions report them in the sandbox's
 * dev account while its integration tests run, tracing on; `paths.idle_usd_month` and `paths.million_usd` by list price.
 * With `--write` they become the template's `figures.json`, which the gallery shows.
 */
export async function run(): Promise<void> {
  const isWriting = process.argv.includes("--write");
  for (const name of readdirSync(directory)) {
    const files = await render(name);
    const sizes = await build(files);
    const bundleKb = Math.max(...Object.values(sizes));
    print("paths.bundle_kb", bundleKb, 1, { path: name, files: sizes });
    const { starts, durations, logBytes } = await invocationsOf(name);
    const [coldStartMs, durationMs] = [median(starts), median(durations)];
    print("paths.cold_start_ms", coldStartMs, starts.length, { path: name });
    print("paths.duration_ms", durationMs, durations.length, { path: name });
    const cost = estimateCost(expand(files), { durationMs, logBytes });
    print("paths.idle_usd_month", cost.idleUsdMonth, 1, { path: name });
    print("paths.million_usd", cost.millionUsd, 1, { path: name });
    if (!isWriting) continue;
    const measuredOn = new Date().toISOString().slice(0, 10);
    const figures = {
      coldStartMs: Math.round(coldStartMs),
      durationMs: Math.round(durationMs * 10) / 10,
      logBytes: Math.round(logBytes),
      ...{ bundleKb, measuredOn },
    };
    writeFileSync(path.join(directory, name, "figures.json"), `${JSON.stringify(figures, undefined, 2)}\n`);
  }
}

async function render(name: string): Promise<RenderedFile[]> {
  const cacheDir = mkdtempSync(path.join(tmpdir(), "turnpike-paths-"));
  const templates = createTemplates({ directory, cacheDir });
  try {
    const asked = await templates.validate(name, {});
    if (asked.kind !== "valid") throw new Error(`${name} doesn't take its own defaults: ${JSON.stringify(asked)}`);
    return await templates.render(name, {
      ...{ name: "orders", owner: "payments", description: "Measured", serviceId: "svc_0001" },
      ...{ repository: "acme/orders", environments: ["dev", "prod"], parameters: asked.parameters },
    });
  } finally {
    await templates.close();
    rmSync(cacheDir, { recursive: true, force: true });
  }
}

/** Installs and builds; sizes of what is built, by file, in kilobytes. */
async function build(files: readonly RenderedFile[]): Promise<Record<string, number>> {
  const place = mkdtempSync(path.join(tmpdir(), "turnpike-paths-"));
  try {
    for (const file of files) {
      mkdirSync(path.dirname(path.join(place, file.path)), { recursive: true });
      writeFileSync(path.join(place, file.path), file.content, { mode: file.mode });
    }
    for (const command of ["install", "build"]) await execute(path.join(place, "script", command), { cwd: place });
    const built = path.join(place, "dist/function");
    const names = readdirSync(built).filter((file) => !file.endsWith(".map"));
    return Object.fromEntries(names.map((file) => [file, Math.ceil(statSync(path.join(built, file)).size / 1024)]));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** As production deploys it. */
function expand(files: readonly RenderedFile[]) {
  const texts = new Map(files.map(({ path: file, content }) => [file, new TextDecoder().decode(content)]));
  const { Parameters } = JSON.parse(texts.get("config/prod.json") ?? "{}") as { Parameters: Record<string, string> };
  const text = texts.get("template.yaml") ?? "";
  return openSubject({ file: "template.yaml", text, parameters: new Map(Object.entries(Parameters)) }).expanded;
}

interface Report {
  readonly type?: string;
  readonly record?: { readonly metrics?: { readonly durationMs?: number; readonly initDurationMs?: number } };
}

/** What the functions reported in dev, over two releases with their integration tests; hooks of deployments left out. */
async function invocationsOf(name: string) {
  const starts: number[] = [];
  const durations: number[] = [];
  let bytes = 0;
  let invocations = 0;
  const read = (line: string) => {
    bytes += line.length;
    const { type, record } = JSON.parse(line) as Report;
    if (type !== "platform.report") return;
    invocations++;
    const { initDurationMs, durationMs } = record?.metrics ?? {};
    if (initDurationMs !== undefined) starts.push(initDurationMs);
    else if (durationMs !== undefined) durations.push(durationMs);
  };
  const onReleased = async (cloud: Throwaway) => {
    for (const line of await linesOf(cloud)) read(line);
  };
  const report = await dryRun({ directory: path.join(directory, name), parameters: {}, onReleased });
  const failed = report.releases.flatMap(({ actions }) => actions.filter(({ status }) => status === "Failed"));
  if (failed.length > 0) throw new Error(`${name} fails: ${JSON.stringify(failed)}`);
  return { starts, durations, logBytes: bytes / Math.max(1, invocations) };
}

async function linesOf(cloud: Throwaway): Promise<string[]> {
  const client = new CloudWatchLogsClient(cloud.settings(WORKLOADS.dev));
  const { logGroups = [] } = await client.send(
    new DescribeLogGroupsCommand({ logGroupNamePrefix: "/aws/lambda/orders" }),
  );
  const lines: string[] = [];
  for (const { logGroupName } of logGroups) {
    for await (const { events = [] } of paginateFilterLogEvents({ client }, { logGroupName })) {
      lines.push(...events.flatMap(({ message }) => (message?.startsWith("{") ? [message.trim()] : [])));
    }
  }
  return lines;
}
