import type { ServiceRuntime } from "../../../core/context.ts";
import { type FunctionConfig, functionArn } from "../records.ts";
import type { Environment } from "./environment.ts";

export interface Target {
  readonly account: string;
  readonly region: string;
  readonly config: FunctionConfig;
  /** The alias or version that was asked for: provisioned concurrency belongs to it. */
  readonly qualifier?: string | undefined;
}

/** An environment that is working, until it is given back. */
interface Held {
  readonly environment: Environment;
  /** It was started for this work. */
  readonly cold: boolean;
  /** It was started before, by provisioned concurrency. */
  readonly provisioned: boolean;
}

/** An environment of provisioned concurrency, as it is now. */
interface Provisioned {
  readonly environment: Environment;
  readonly config: FunctionConfig;
  /** It has finished its initialisation. */
  readonly isReady: boolean;
  readonly isBusy: boolean;
}

export interface Pool {
  /** A free environment of exactly this revision, or a new one; waits while the machine has no room for another. */
  acquire(target: Target): Promise<Held>;
  release(environment: Environment): void;
  /** Starts an environment that waits for work of this qualifier, for as long as nobody dismisses it. */
  provision(target: Target & { readonly qualifier: string }): Promise<Environment>;
  provisioned(arn: string, qualifier: string): Provisioned[];
  /** Ends an environment: now, or when it is given back. */
  dismiss(environment: Environment): void;
  /** Whether one more may be provisioned: a few places are left to functions that have none. */
  hasRoom(): boolean;
  /** Ends environments of a function (of one version): free ones now, working ones when they are given back. */
  discard(arn: string, version: string | undefined): void;
  stop(): Promise<void>;
}

export interface PoolOptions {
  readonly runtime: ServiceRuntime;
  readonly start: (target: Target, isProvisioned: boolean) => Promise<Environment>;
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

const KEPT_FOR_OTHERS = 4;

interface Member {
  readonly target: Target;
  readonly environment: Environment;
  readonly isProvisioned: boolean;
  isReady: boolean;
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
    (!member.isProvisioned || (member.isReady && member.target.qualifier === target.qualifier)) &&
    nowMs() - member.startedAtMs < LONGEST_LIFE_MS;

  const end = (member: Member) => {
    member.freeSinceMs = undefined;
    member.outdated = true;
    member.ended.abort();
    member.environment.kill().catch((error) => runtime.log("environment.kill-failed", { error: String(error) }));
  };

  const launch = async (target: Target, isProvisioned = false): Promise<Held> => {
    starting++;
    try {
      const environment = await start(target, isProvisioned);
      const state = { freeSinceMs: undefined, watched: false, outdated: false, ended: new AbortController() };
      const member: Member = { target, environment, isProvisioned, isReady: false, startedAtMs: nowMs(), ...state };
      members.set(environment, member);
      void environment.exited.then(() => {
        member.ended.abort();
        members.delete(environment);
        pump();
      });
      if (stopped) end(member);
      return { environment, cold: true, provisioned: false };
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
        const leftMs = member.freeSinceMs + (member.isProvisioned ? LONGEST_LIFE_MS : idleMs) - nowMs();
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
      // What is provisioned first; then the one that worked last, so that those which aren't needed any more end.
      let free: Member | undefined;
      for (const member of members.values()) {
        if (member.freeSinceMs === undefined || !serves(member, target)) continue;
        if (member.isProvisioned || !free?.isProvisioned) free = member;
      }
      if (free) {
        free.freeSinceMs = undefined;
        // Back to the end of the order.
        members.delete(free.environment);
        members.set(free.environment, free);
        return { environment: free.environment, cold: false, provisioned: free.isProvisioned };
      }
      if (members.size + starting < limit) return launch(target);
      const waiting = new Promise<Held>((resolve, reject) => queue.push({ target, resolve, reject }));
      const givesWay = [...members.values()].find(
        (member) => member.freeSinceMs !== undefined && !member.isProvisioned,
      );
      if (givesWay) end(givesWay);
      return waiting;
    },

    release(environment) {
      const member = members.get(environment);
      if (!member) return;
      const index = queue.findIndex((waiter) => serves(member, waiter.target));
      if (index >= 0) {
        const [waiter] = queue.splice(index, 1);
        waiter?.resolve({ environment, cold: false, provisioned: member.isProvisioned });
        return;
      }
      const isInTheWay = queue.length > 0 && !member.isProvisioned;
      if (stopped || isInTheWay || !serves(member, member.target)) end(member);
      else rest(member);
    },

    async provision(target) {
      const { environment } = await launch(target, true);
      void environment.initialised.then((failure) => {
        const member = members.get(environment);
        if (!member) return;
        if (failure || member.outdated) return end(member);
        member.isReady = true;
        rest(member);
      });
      return environment;
    },

    provisioned: (arn, qualifier) =>
      [...members.values()]
        .filter((member) => member.isProvisioned && !member.outdated)
        .filter(({ target }) => target.qualifier === qualifier && arnOf(target) === arn)
        .map(({ environment, target, isReady, freeSinceMs }) => ({
          ...{ environment, config: target.config, isReady, isBusy: isReady && freeSinceMs === undefined },
        })),

    dismiss(environment) {
      const member = members.get(environment);
      if (!member) return;
      if (member.freeSinceMs !== undefined || !member.isReady) end(member);
      else member.outdated = true;
    },

    hasRoom: () => members.size + starting < limit - KEPT_FOR_OTHERS,

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
