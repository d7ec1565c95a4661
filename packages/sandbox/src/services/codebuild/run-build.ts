import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "../../core/context.ts";
import { collectArtifacts } from "./artifacts.ts";
import { type BuildLog, openBuildLog } from "./build-log.ts";
import { type BuildSpec, BuildSpecError, PHASES, type PhaseName, parseBuildSpec } from "./buildspec.ts";
import { buildEnvironment } from "./environment.ts";
import { BuildInterrupted, beginPhase, completeBuild, endPhase, PhaseFailure, SandboxClosing } from "./phases.ts";
import type { BuildRecord } from "./records.ts";
import { collectReports } from "./reports.ts";
import { type BuildShell, openShell } from "./shell.ts";
import { fetchSources, readSpecification, type Sources } from "./sources.ts";

/** In realistic mode a machine for the build takes so long; AWS names no figure. */
const PROVISIONING_MS = 6000;

export interface BuildRun {
  /** Aborted with `BuildInterrupted` (stopped, out of time) or `SandboxClosing`. */
  readonly signal: AbortSignal;
  /** Made at the beginning, removed at the end. */
  readonly workspace: string;
  readonly graceMs: number;
  /** Called when the build is over and its processes are gone; its folder may still be there. */
  readonly onEnded: () => void;
}

interface Prepared {
  readonly sources: Sources;
  readonly spec: BuildSpec;
  readonly shell: BuildShell;
}

/**
 * Runs one build from PROVISIONING to COMPLETED. What its commands do never makes this raise: it ends in the record.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html
 */
export async function runBuild(context: Context, record: BuildRecord, run: BuildRun): Promise<void> {
  const controller = new AbortController();
  const signal = AbortSignal.any([run.signal, controller.signal]);
  const outOfTime = context.clock.sleep(record.timeoutInMinutes * 60_000, signal).then(
    () => controller.abort(new BuildInterrupted("TIMED_OUT", "BUILD_TIMED_OUT", "Build has timed out.")),
    () => undefined,
  );
  let log: BuildLog | undefined;
  let prepared: Prepared | undefined;
  let failed: BuildRecord["status"] | undefined;

  /** One phase; what it raises is written down. True when it succeeded. */
  const phase = async (type: Parameters<typeof beginPhase>[2], work: () => Promise<void>): Promise<boolean> => {
    if (type !== "FINALIZING") signal.throwIfAborted();
    beginPhase(context, record, type);
    const failure = await work().then(
      () => undefined,
      (error: unknown) => error,
    );
    const interrupted = signal.aborted && type !== "FINALIZING" ? signal.reason : undefined;
    if (interrupted) throw interrupted;
    const state = failure === undefined ? "SUCCEEDED" : "FAILED";
    const details = failure === undefined ? undefined : detailsOf(failure);
    log?.say(`Phase complete: ${type} State: ${state}`);
    log?.say(`Phase context status code: ${details?.code ?? ""} Message: ${details?.message ?? ""}`);
    endPhase(context, record, state, details);
    if (failure !== undefined) failed = "FAILED";
    return failure === undefined;
  };

  try {
    const provisioned = await phase("PROVISIONING", async () => {
      if (context.clock.isRealistic) await context.clock.sleep(PROVISIONING_MS, signal);
      await mkdir(run.workspace, { mode: 0o700 });
      log = await openBuildLog(context, record);
    });
    const downloaded =
      provisioned &&
      (await phase("DOWNLOAD_SOURCE", async () => {
        prepared = await prepare(context, record, run.workspace, log, signal);
      }));
    if (downloaded && prepared) {
      const kill = () => void prepared?.shell.end(signal.reason instanceof SandboxClosing ? 0 : run.graceMs);
      signal.addEventListener("abort", kill, { once: true });
      if (signal.aborted) kill();
      if (await runPhases(prepared, phase, log, () => failed === undefined)) {
        const { sources, spec } = prepared;
        await phase("UPLOAD_ARTIFACTS", async () => {
          await collectReports(context, record, spec, sources, log);
          await collectArtifacts(context, record, spec, sources, log);
        });
      }
    }
  } catch (error) {
    if (error instanceof SandboxClosing) {
      await prepared?.shell.end(0);
      await log?.close();
      return removeFolder(run.workspace);
    }
    const interrupted = error instanceof BuildInterrupted ? error : undefined;
    failed = interrupted?.status ?? "FAULT";
    const details = interrupted ?? { code: "INTERNAL_SERVICE_ERROR", message: String(error) };
    log?.say(`Phase context status code: ${details.code} Message: ${details.message}`);
    endPhase(context, record, failed, details);
  }

  await phase("FINALIZING", async () => {
    if (prepared) await finish(prepared, record, failed, run.graceMs);
    await log?.close();
  });
  controller.abort();
  await outOfTime;
  completeBuild(context, record, failed ?? "SUCCEEDED");
  run.onEnded();
  await removeFolder(run.workspace);
}

async function prepare(
  context: Context,
  record: BuildRecord,
  workspace: string,
  log: BuildLog | undefined,
  signal: AbortSignal,
): Promise<Prepared> {
  log?.say("Phase is DOWNLOAD_SOURCE");
  const sources = await fetchSources(context, record, workspace, signal);
  log?.say(`CODEBUILD_SRC_DIR=${sources.primary}`);
  const spec = await readSpecification(record, sources).then(parseBuildSpec);
  log?.say("Processing environment variables");
  for (const name of spec.ignored) log?.say(`sandbox: "${name}" of the build specification does nothing here`);
  for (const { runtimeVersions } of Object.values(spec.phases)) {
    for (const [runtime, version] of Object.entries(runtimeVersions ?? {})) {
      log?.say(`Selecting '${runtime}' runtime version '${version}' based on manual selections...`);
      log?.say(`sandbox: ${runtime} is the one of this machine${runtime === "nodejs" ? `, ${process.version}` : ""}`);
    }
  }
  log?.say(`Moving to directory ${sources.primary}`);
  log?.say(`Phases found in YAML: ${Object.keys(spec.phases).length}`);
  for (const [name, { commands }] of Object.entries(spec.phases)) {
    log?.say(` ${name.toUpperCase()}: ${commands.length} commands`);
  }
  const shell = await openShell({
    program: spec.shell,
    environment: await buildEnvironment(context, record, spec, sources, workspace),
    directory: sources.primary,
    stateFolder: join(workspace, "state"),
    onOutput: (text) => log?.write(text),
    clock: context.clock,
    random: context.random,
  });
  return { sources, spec, shell };
}

/** Runs the specification's phases; true when artifacts are uploaded after them, which a failed BUILD doesn't prevent. */
async function runPhases(
  { spec, shell }: Prepared,
  phase: (type: Uppercase<PhaseName>, work: () => Promise<void>) => Promise<boolean>,
  log: BuildLog | undefined,
  succeeding: () => boolean,
): Promise<boolean> {
  for (const name of PHASES) {
    const type = name.toUpperCase() as Uppercase<PhaseName>;
    const { commands = [], finally: last = [], onFailure } = spec.phases[name] ?? {};
    const ended = await phase(type, async () => {
      log?.say(`Entering phase ${type}`);
      try {
        for (const command of commands) await runCommand(shell, command, succeeding(), log);
      } finally {
        for (const command of last) await runCommand(shell, command, succeeding(), log);
      }
    });
    if (ended || onFailure === "CONTINUE") continue;
    if (onFailure === "ABORT" || name === "install" || name === "pre_build") return false;
  }
  return true;
}

async function runCommand(
  shell: BuildShell,
  command: string,
  succeeding: boolean,
  log: BuildLog | undefined,
): Promise<void> {
  log?.say(`Running command ${command.trimEnd()}`);
  const status = await shell.run(command, succeeding);
  if (status === 0) return;
  const how = status === undefined ? "the build's shell is gone" : `exit status ${status}`;
  log?.say(`Command did not exit successfully ${command.trimEnd()} ${how}`);
  const message = `Error while executing command: ${command.trimEnd()}. Reason: ${how}`;
  throw new PhaseFailure("COMMAND_EXECUTION_ERROR", message);
}

/** Reads what is exported, if there is still a shell to ask, and ends whatever the build left running. */
async function finish(
  { spec, shell }: Prepared,
  record: BuildRecord,
  failed: string | undefined,
  graceMs: number,
): Promise<void> {
  const interrupted = failed === "STOPPED" || failed === "TIMED_OUT";
  if (!interrupted && spec.exportedVariables.length > 0) {
    const values = await shell.valuesOf(spec.exportedVariables);
    record.exportedVariables = Object.entries(values).map(([name, value]) => ({ name, value }));
  }
  await shell.end(interrupted ? graceMs : 0);
}

function detailsOf(error: unknown): { code: string; message: string } {
  if (error instanceof PhaseFailure) return { code: error.code, message: error.message };
  if (error instanceof BuildSpecError) return { code: "YAML_FILE_ERROR", message: error.message };
  return { code: "CLIENT_ERROR", message: error instanceof Error ? error.message : String(error) };
}

const removeFolder = (folder: string) => rm(folder, { recursive: true, force: true, maxRetries: 3 });
