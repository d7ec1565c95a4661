import type { ServiceRuntime } from "../../../core/context.ts";
import { type FunctionConfig, functionArn } from "../records.ts";
import type { Environment } from "./environment.ts";

export interface Target {
  readonly account: string;
  readonly region: string;
  readonly config: FunctionConfig;
}

/** An environment that is working, until it is given back. */
interface Held {
  readonly environment: Environment;
  /** It was started for this work. */
  readonly cold: boolean;
}

export interface Pool {
  /** A free environment of exactly this revision, or a new one; waits while the machine has no room for another. */
  acquire(target: Target): Promise<Held>;
  release(environment: Environment): void;
  /** Ends environments of a function (of one version): free ones now, working ones when they are given back. */
  discard(arn: string, version: string | undefined): void;
  stop(): Promise<void>;
}

export interface PoolOptions {
  readonly runtime: ServiceRuntime;
  readonly start: (target: Target) => Promise<Environment>;
  /** A free environment is ended after this much sandbox time: an idle laptop should have its memory back. */
  readonly idleMs: number;
  /**
   * AWS starts 1,000; a laptop can't. Above this, work waits for room (a free environment of another function gives way),
   * where AWS would start another. Throttling is another matter: see reserved concurrency.
   */
  readonly limit: number;
}

/** Environments end before their credentials (12 h) do. */
const LONGEST_LIFE_MS = 11 * 3600 * 1000;

interface Member {
  readonly target: Target;
  readonly environment: Environment;
  readonly startedAtMs: number;
  /** Sandbox time since which it waits for work; undefined while it works. */
  freeSinceMs: number | undefined;
  /** Somebody looks whether it has been free for too long. */
  watched: boolean;
  outdated: boolean;
  /** Ends what waits for it. */
  readonly ended: AbortController;
}

interface Waiter {
  readonly target: Target;
  readonly resolve: (held: Held) => void;
  readonly reject: (error: unknown) => void;
}

export function createPool({ runtime, start, idleMs, limit }: PoolOptions): Pool {
  const members = new Map<Environment, Member>();
  const queue: Waiter[] = [];
  let starting = 0;
  let stopped = false;

  const nowMs = () => runtime.clock.now().getTime();
  const arnOf = ({ account, region, config }: Target) => functionArn({ account, region }, config.name);
  const serves = (member: Member, target: Target) =>
    member.environment.alive() &&
    !member.outdated &&
    arnOf(member.target) === arnOf(target) &&
    member.target.config.version === target.config.version &&
    member.target.config.revisionId === target.config.revisionId &&
    nowMs() - member.startedAtMs < LONGEST_LIFE_MS;

  const end = (member: Member) => {
    member.freeSinceMs = undefined;
    member.outdated = true;
    member.ended.abort();
    member.environment.kill().catch((error) => runtime.log("environment.kill-failed", { error: String(error) }));
  };

  const launch = async (target: Target): Promise<Held> => {
    starting++;
    try {
      const environment = await start(target);
      const state = { freeSinceMs: undefined, watched: false, outdated: false, ended: new AbortController() };
      const member: Member = { target, environment, startedAtMs: nowMs(), ...state };
      members.set(environment, member);
      void environment.exited.then(() => {
        member.ended.abort();
        members.delete(environment);
        pump();
      });
      if (stopped) end(member);
      return { environment, cold: true };
    } finally {
      starting--;
    }
  };

  const pump = () => {
    while (queue.length > 0 && members.size + starting < limit) {
      const waiter = queue.shift();
      if (waiter) launch(waiter.target).then(waiter.resolve, waiter.reject);
    }
  };

  /** Ends a member that stays free; one sleep serves many short rests, because a busy function has thousands a second. */
  const watch = async (member: Member) => {
    member.watched = true;
    try {
      while (member.freeSinceMs !== undefined) {
        const leftMs = member.freeSinceMs + idleMs - nowMs();
        if (leftMs <= 0) return end(member);
        await runtime.clock.sleep(leftMs, member.ended.signal);
      }
    } catch (error) {
      // It ended by itself.
      if (!member.ended.signal.aborted) throw error;
    } finally {
      member.watched = false;
    }
  };

  const rest = (member: Member) => {
    member.freeSinceMs = nowMs();
    if (!member.watched) void watch(member);
  };

  return {
    async acquire(target) {
      if (stopped) throw new Error("The sandbox is stopping.");
      // The one that worked last, so that those which aren't needed any more stay free and end.
      const free = [...members.values()]
        .filter((member) => member.freeSinceMs !== undefined && serves(member, target))
        .at(-1);
      if (free) {
        free.freeSinceMs = undefined;
        // Back to the end of the order.
        members.delete(free.environment);
        members.set(free.environment, free);
        return { environment: free.environment, cold: false };
      }
      if (members.size + starting < limit) return launch(target);
      const waiting = new Promise<Held>((resolve, reject) => queue.push({ target, resolve, reject }));
      const givesWay = [...members.values()].find((member) => member.freeSinceMs !== undefined);
      if (givesWay) end(givesWay);
      return waiting;
    },

    release(environment) {
      const member = members.get(environment);
      if (!member) return;
      const index = queue.findIndex((waiter) => serves(member, waiter.target));
      if (index >= 0) {
        const [waiter] = queue.splice(index, 1);
        waiter?.resolve({ environment, cold: false });
        return;
      }
      if (stopped || queue.length > 0 || !serves(member, member.target)) end(member);
      else rest(member);
    },

    discard(arn, version) {
      for (const member of members.values()) {
        if (arnOf(member.target) !== arn || (version !== undefined && member.target.config.version !== version))
          continue;
        if (member.freeSinceMs !== undefined) end(member);
        else member.outdated = true;
      }
    },

    async stop() {
      stopped = true;
      for (const waiter of queue.splice(0)) waiter.reject(new Error("The sandbox is stopping."));
      for (const member of members.values()) end(member);
      while (starting > 0 || members.size > 0) {
        await Promise.all([...members.keys()].map((environment) => environment.exited));
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}
