import { observePipeline } from "@turnpike/domain/pipelines";
import { findAccount, publishStandards, syncPlatform, writeIntents } from "@turnpike/domain/platform";
import { followReleases, proposeRelease } from "@turnpike/domain/releases";
import { ensureService } from "@turnpike/domain/scaffolding";
import { judgeScorecard, listSubjects, listUnjudged, openFix } from "@turnpike/domain/scorecards";
import type { Container } from "./container.ts";
import { receiveEvents } from "./container.ts";
import { createWorkQueue } from "./work-queue.ts";

/** However many events are lost, everything is looked at this often. */
const SWEEP_MS = 30_000;
/** An execution that isn't final is looked at this often even when no event comes. */
const OPEN_EXECUTION_MS = 10_000;
/** What is under way in AWS and sends no event of its own (a stack) is asked after this long. */
const POLL_MS = 200;

/** Every repository's head is compared with what was judged this often; a push is seen at once. */
const JUDGE_MS = 60 * 60_000;

/** Topic of a push to a repository other than the platform's, before the repository's name. */
const REPOSITORY_PUSHED = "repository-pushed:";
/** Topic of a push to the platform repository, before the commit that its branch is now. */
const PUSHED = "platform-pushed:";

const STEP_BACKOFF_MS = [1000, 2000, 5000, 15_000, 30_000, 60_000];

/**
 * The worker's loops: one queue for each kind of key, woken by what changed and by the sweep. Start returns the
 * function that ends them.
 */
export function startLoops(container: Container): () => Promise<void> {
  const { store, log } = container;
  const stopping = new AbortController();

  /** Writes what was decided and reads what the platform repository says. Keys: `write`, `fetch`, or a pushed commit. */
  const platform = createWorkQueue({
    name: "platform",
    concurrency: 1,
    log,
    look: async (key) => {
      await writeIntents({ ...container, ...store });
      // A push that is Turnpike's own is here already: its commit is the head.
      const fetch = key === "fetch" || (key !== "write" && key !== (await container.repository.head()));
      for (const service of await syncPlatform({ ...container, ...store }, { fetch })) services.ask(service);
      releases.ask("all");
      await publishStandards({ ...container, ...store });
      for (const name of await listUnjudged({ ...container, ...store })) scorecards.ask(name);
      return key === "fetch" ? { againInMs: SWEEP_MS } : undefined;
    },
  });

  /** Makes what a service's document asks for. */
  const services = createWorkQueue({
    name: "services",
    concurrency: 4,
    log,
    look: async (service) => {
      let againInMs: number | undefined;
      const lease = await store.leases.withLease(`service/${service}`, async () => {
        const result = await ensureService({ ...container, ...store }, service);
        if (result.kind === "waiting") againInMs = POLL_MS;
        if (result.kind === "failed" && !result.final) {
          againInMs = STEP_BACKOFF_MS[Math.min(result.attempts - 1, STEP_BACKOFF_MS.length - 1)];
        }
        if (result.kind === "done") {
          pipelines.ask(service);
          scorecards.ask(service);
        }
      });
      if (lease === "busy") againInMs = 1000;
      return againInMs === undefined ? undefined : { againInMs };
    },
  });

  /** Follows a service's pipeline, and makes a release of what waits at a gate. */
  const pipelines = createWorkQueue({
    name: "pipelines",
    concurrency: 4,
    log,
    look: async (service) => {
      const open = await observePipeline({ ...container, ...store }, service, service);
      if (!open) return undefined;
      // What is known now is followed, also when no evidence can be had for a new candidate.
      releases.ask("all");
      for (const execution of open) await proposeRelease({ ...container, ...store }, service, execution);
      return open.length > 0 ? { againInMs: OPEN_EXECUTION_MS } : undefined;
    },
  });

  /** Tells pipelines what was decided, and records what became of it. */
  const releases = createWorkQueue({
    name: "releases",
    concurrency: 1,
    log,
    look: async () => {
      for (const { release, error } of await followReleases({ ...container, ...store })) {
        log.error({ release: release.id, service: release.service, err: error }, "release could not be followed");
      }
      return undefined;
    },
  });

  /** Judges repositories by the standards, and opens the pull requests that were asked for. Keys: `all`, `fixes`, a name. */
  const scorecards = createWorkQueue({
    name: "scorecards",
    concurrency: 2,
    log,
    look: async (key) => {
      if (key === "fixes") {
        for (const fix of await store.scorecards.waitingFixes()) await openFix({ ...container, ...store }, fix);
        return undefined;
      }
      if (key !== "all") {
        await judgeScorecard({ ...container, ...store }, key);
        return undefined;
      }
      for (const { name } of await listSubjects(store.platform)) scorecards.ask(name);
      return { againInMs: JUDGE_MS };
    },
  });

  async function judgePushed(repository: string): Promise<void> {
    for (const subject of await listSubjects(store.platform)) {
      if (subject.repository === repository) scorecards.ask(subject.name);
    }
  }

  async function sweep(): Promise<void> {
    for (const service of await store.services.unfinished()) services.ask(service);
    for (const { name } of await store.services.list()) pipelines.ask(name);
    releases.ask("all");
  }
  const sweeper = createWorkQueue({
    name: "sweep",
    concurrency: 1,
    log,
    look: async () => {
      await sweep();
      return { againInMs: SWEEP_MS };
    },
  });

  const unsubscribe = store.changes.subscribe((topic) => {
    if (topic === "intents") platform.ask("write");
    else if (topic === "*") platform.ask("fetch");
    else if (topic.startsWith(PUSHED)) platform.ask(topic.slice(PUSHED.length) || "fetch");
    else if (topic === "approvals") releases.ask("all");
    else if (topic === "fixes") scorecards.ask("fixes");
    else if (topic.startsWith(REPOSITORY_PUSHED)) {
      judgePushed(topic.slice(REPOSITORY_PUSHED.length)).catch((error: unknown) =>
        log.warn({ err: error }, "a push could not be followed; the sweep will see it"),
      );
    }
    if (topic === "*") sweeper.ask("all");
  });

  platform.ask("fetch");
  sweeper.ask("all");
  scorecards.ask("fixes");
  scorecards.ask("all");
  const events = listen();

  /** AWS's own events make us look sooner; without them the sweeps see the same. */
  async function listen(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const queueUrl = await eventQueueUrl(container);
        if (!queueUrl) {
          await pause(1000, stopping.signal);
          continue;
        }
        await receiveEvents(
          container.accounts,
          queueUrl,
          async (received) => {
            for (const { pipeline } of received) if (pipeline) pipelines.ask(pipeline);
          },
          stopping.signal,
        );
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn({ err: error }, "events can't be received; trying again");
        await pause(2000, stopping.signal);
      }
    }
  }

  return async () => {
    stopping.abort();
    unsubscribe();
    await Promise.all([
      sweeper.stop(),
      platform.stop(),
      services.stop(),
      pipelines.stop(),
      releases.stop(),
      scorecards.stop(),
      events,
    ]);
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function eventQueueUrl({ store }: Container): Promise<string | undefined> {
  const [platform] = await store.platform.list("Platform");
  if (!platform) return undefined;
  return (await findAccount(store.platform, platform.document.spec.tooling))?.eventQueueUrl;
}
