import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ServiceRuntime } from "../../core/context.ts";
import type { Running } from "../../core/service.ts";
import { announced } from "./announce.ts";
import { announceState } from "./events.ts";
import { BuildInterrupted, completeBuild, endPhase, SandboxClosing } from "./phases.ts";
import { type BuildRecord, builds } from "./records.ts";
import { runBuild } from "./run-build.ts";

export interface EngineSettings {
  /** Builds that run at once; the others wait in the order in which they came. */
  readonly concurrentBuilds: number;
  /** Between SIGTERM and SIGKILL for a build that is stopped or out of time. */
  readonly graceMs: number;
}

/**
 * In realistic mode a build waits so long for its turn. Orders of magnitude of a small Linux build: AWS names no figures.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html
 */
const QUEUED_MS = 1500;

interface Job {
  readonly readyMs: number;
  readonly account: string;
  readonly region: string;
  readonly record: BuildRecord;
  readonly controller: AbortController;
}

interface Engine {
  enqueue(account: string, region: string, record: BuildRecord): void;
  /** Ends a build that waits or runs; one that is over stays as it is. */
  stop(id: string): void;
}

const engines = new WeakMap<ServiceRuntime, Engine>();

export function engineOf(runtime: ServiceRuntime): Engine {
  const engine = engines.get(runtime);
  if (!engine) throw new Error("CodeBuild hasn't started.");
  return engine;
}

/**
 * Starts what runs builds. Builds that ran when the sandbox ended are failed, because their processes and folders are
 * gone; those that waited wait again.
 */
export async function startEngine(runtime: ServiceRuntime, settings: EngineSettings): Promise<Running> {
  const workFolder = join(runtime.surroundings.dataDir, "codebuild", "work");
  await rm(workFolder, { recursive: true, force: true });
  await mkdir(workFolder, { recursive: true, mode: 0o700 });
  const waiting: Job[] = [];
  const running = new Map<string, { job: Job; done: Promise<void> }>();
  let closing = false;

  const next = () => {
    while (!closing && running.size < settings.concurrentBuilds) {
      const nowMs = runtime.clock.now().getTime();
      const index = waiting.findIndex(({ readyMs }) => readyMs <= nowMs);
      const [job] = index < 0 ? [] : waiting.splice(index, 1);
      if (!job) return;
      const context = runtime.contextFor(job.account, job.region);
      endPhase(context, job.record, "SUCCEEDED");
      const done = runBuild(context, job.record, {
        signal: job.controller.signal,
        workspace: join(workFolder, job.record.uuid.slice(0, 8)),
        graceMs: settings.graceMs,
        onEnded: () => {
          running.delete(job.record.id);
          next();
        },
      }).catch((error: unknown) => {
        runtime.log("codebuild.broken", { build: job.record.id, error: String(error) });
      });
      running.set(job.record.id, { job, done });
      cleanups.add(done);
      void done.finally(() => {
        cleanups.delete(done);
        // Already done where the build ended as builds do.
        if (running.delete(job.record.id)) next();
      });
    }
  };
  /** Runs whose build may be over, but whose folder isn't removed yet. */
  const cleanups = new Set<Promise<void>>();

  const leaveQueue = (job: Job, interrupted: BuildInterrupted) => {
    waiting.splice(waiting.indexOf(job), 1);
    const context = runtime.contextFor(job.account, job.region);
    endPhase(context, job.record, interrupted.status, interrupted);
    completeBuild(context, job.record, interrupted.status);
  };

  const engine: Engine = {
    enqueue(account, region, record) {
      const lateMs = runtime.clock.isRealistic ? QUEUED_MS : 0;
      const readyMs = runtime.clock.now().getTime() + lateMs;
      const job: Job = { account, region, record, controller: new AbortController(), readyMs };
      const context = runtime.contextFor(account, region);
      announceState(context, record);
      waiting.push(job);
      next();
      if (!waiting.includes(job)) return;
      if (lateMs > 0) void runtime.clock.sleep(lateMs, job.controller.signal).then(next, () => undefined);
      void runtime.clock.sleep(record.queuedTimeoutInMinutes * 60_000, job.controller.signal).then(
        () => {
          if (waiting.includes(job))
            leaveQueue(job, new BuildInterrupted("TIMED_OUT", "BUILD_TIMED_OUT", "Build has timed out."));
        },
        () => undefined,
      );
    },
    stop(id) {
      const stopped = new BuildInterrupted("STOPPED", "", "");
      const queued = waiting.find(({ record }) => record.id === id);
      if (queued) leaveQueue(queued, stopped);
      else running.get(id)?.job.controller.abort(stopped);
    },
  };
  engines.set(runtime, engine);

  for (const { account, region } of runtime.scopes()) {
    const context = runtime.contextFor(account, region);
    const unfinished = builds(context)
      .list()
      .map(({ value }) => value)
      .filter(({ endedAt }) => endedAt === undefined)
      .sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
    for (const record of unfinished) {
      if (record.currentPhase === "QUEUED" && record.phases.at(-1)?.endedAt === undefined) {
        engine.enqueue(account, region, record);
        continue;
      }
      const message = "The sandbox was restarted while this build was running; its processes are gone.";
      endPhase(context, record, "FAILED", { code: "INTERNAL_SERVICE_ERROR", message });
      completeBuild(context, record, "FAILED");
    }
  }

  return {
    async stop() {
      closing = true;
      // Nothing more is written down: the next start finds these builds as a crash would have left them.
      for (const { job } of running.values()) job.controller.abort(new SandboxClosing());
      await Promise.all(cleanups);
      await announced(runtime);
      engines.delete(runtime);
    },
  };
}
