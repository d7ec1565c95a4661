import { type Clock, newId } from "@turnpike/kernel";
import { type Leases, localChanges } from "../src/live/index.ts";
import type { ExecutionStore, ObservedExecution } from "../src/pipelines/index.ts";
import {
  type AnyDocument,
  type FileChange,
  type Intent,
  type IntentStore,
  type PlatformStore,
  releasePath,
  type StoredDocument,
} from "../src/platform/index.ts";
import type { PlatformIntent, Release, ReleaseStore } from "../src/releases/index.ts";
import { type ServiceRequest, type ServiceStore, type StoredStep, stepKeys } from "../src/scaffolding/index.ts";
import type { FixRequest, FixView, Judged, ScorecardStore } from "../src/scorecards/index.ts";
import type { Advisories } from "../src/standards/index.ts";

/** An intent with what became of it. */
interface RecordedIntent extends Intent {
  readonly status: "waiting" | "committed" | "conflict";
  readonly commit?: string;
  readonly error?: string;
}

/** What the stores of one database share, so that a decision and its intent are written together. */
interface Tables {
  readonly intents: RecordedIntent[];
  readonly services: Map<string, { request: ServiceRequest; intentId: string }>;
  readonly steps: Map<string, Map<string, StoredStep>>;
  readonly releases: Map<string, Release>;
  readonly executions: Map<string, ObservedExecution>;
  readonly documents: Map<string, StoredDocument>;
  readonly problems: Map<string, Awaited<ReturnType<PlatformStore["problems"]>>[number]>;
  readonly judged: Map<string, Judged>;
  readonly fixes: Map<string, StoredFix>;
  head: string | undefined;
}

type StoredFix = FixRequest & Pick<FixView, "status" | "url" | "error"> & { commit?: string };

/**
 * Every slice's store in memory, under the contract that `store.contract.ts` holds the real one to. Nothing awaits
 * between a look and a write, which is what a transaction is here.
 */
export function createMemoryStore() {
  const tables: Tables = {
    intents: [],
    services: new Map(),
    steps: new Map(),
    releases: new Map(),
    executions: new Map(),
    documents: new Map(),
    problems: new Map(),
    judged: new Map(),
    fixes: new Map(),
    head: undefined,
  };
  return {
    /** For a test's own look, in the order in which they were accepted. */
    recordedIntents: tables.intents as readonly RecordedIntent[],
    changes: localChanges(),
    leases: memoryLeases(),
    platform: platformStore(tables),
    intents: intentStore(tables),
    services: serviceStore(tables),
    releases: releaseStore(tables),
    executions: executionStore(tables),
    scorecards: scorecardStore(tables),
    /** Nothing is known against any component. */
    advisories: { current: async () => undefined } satisfies Advisories,
  };
}

export type MemoryStore = ReturnType<typeof createMemoryStore>;

/** Time that passes only by `advance`. */
export function steppedClock(start = new Date("2026-11-23T10:00:00Z")): Clock & { advance(ms: number): void } {
  let now = start.getTime();
  return {
    now: () => new Date(now),
    advance(ms) {
      now += ms;
    },
  };
}

function addIntent(
  tables: Tables,
  intent: { change: FileChange; message: string; author: Intent["author"]; creates: boolean; at: Date },
): string {
  const { at: createdAt, ...rest } = intent;
  const id = newId("intent", createdAt);
  tables.intents.push({ ...rest, id, createdAt, status: "waiting" });
  return id;
}

function memoryLeases(): Leases {
  const held = new Set<string>();
  return {
    async withLease(name, work) {
      if (held.has(name)) return "busy";
      held.add(name);
      try {
        await work();
        return "done";
      } finally {
        held.delete(name);
      }
    },
  };
}

function platformStore(tables: Tables): PlatformStore {
  const of = (kind: string) =>
    [...tables.documents.values()]
      .filter(({ document }) => document.kind === kind)
      .sort((a, b) => (a.document.metadata.name < b.document.metadata.name ? -1 : 1));
  const store = {
    async head() {
      return tables.head;
    },
    async apply({ head, valid, removed, problems }: Parameters<PlatformStore["apply"]>[0]) {
      for (const path of [...valid.map(({ path }) => path), ...removed]) tables.problems.delete(path);
      for (const path of removed) tables.documents.delete(path);
      for (const { path, document } of valid) tables.documents.set(path, { path, commit: head, document });
      for (const problem of problems.toReversed()) tables.problems.set(problem.path, { ...problem, commit: head });
      tables.head = head;
    },
    async find(kind: AnyDocument["kind"], name: string) {
      return of(kind).find(({ document }) => document.metadata.name === name);
    },
    async list(kind: AnyDocument["kind"]) {
      return of(kind);
    },
    async problems() {
      return [...tables.problems.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
    },
  };
  return store as PlatformStore;
}

function intentStore({ intents }: Tables): IntentStore {
  const change = (id: string, to: Partial<RecordedIntent>) => {
    const index = intents.findIndex((intent) => intent.id === id);
    const known = intents[index];
    if (known) intents[index] = { ...known, ...to };
  };
  return {
    async waiting(limit) {
      return intents
        .filter(({ status }) => status === "waiting")
        .slice(0, limit)
        .map(({ status: _status, commit: _commit, error: _error, ...intent }) => intent);
    },
    async committed(results) {
      for (const { id, commit } of results) change(id, { status: "committed", commit });
    },
    async conflicting(id, error) {
      change(id, { status: "conflict", error });
    },
  };
}

function serviceStore(tables: Tables): ServiceStore {
  const { services, steps } = tables;
  return {
    async reserve(request, intent) {
      if (services.has(request.name)) return false;
      const intentId = addIntent(tables, { ...intent, creates: true, at: request.createdAt });
      services.set(request.name, { request, intentId });
      return true;
    },
    async adopt(request, { path, commit }) {
      if (services.has(request.name)) return;
      const author = { name: request.requestedBy.email, email: request.requestedBy.email };
      const change = { path, content: undefined };
      const at = request.createdAt;
      const intentId = addIntent(tables, { change, message: `Adopt ${request.name}`, author, creates: false, at });
      const intent = tables.intents.find(({ id }) => id === intentId);
      if (intent) Object.assign(intent, { status: "committed", commit });
      services.set(request.name, { request, intentId });
    },
    async find(name) {
      return services.get(name)?.request;
    },
    async list() {
      return [...services.values()].map(({ request }) => request).sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async unfinished() {
      return [...services.keys()].filter((name) =>
        stepKeys.some((key) => steps.get(name)?.get(key)?.status !== "done"),
      );
    },
    async steps(name) {
      return [...(steps.get(name)?.values() ?? [])];
    },
    async saveStep(name, step) {
      const known = steps.get(name) ?? new Map<string, StoredStep>();
      steps.set(name, known.set(step.key, step));
    },
    async decision(name) {
      const service = services.get(name);
      const intent = service && tables.intents.find(({ id }) => id === service.intentId);
      if (!intent) return undefined;
      const { status, commit, error } = intent;
      return { status, ...(commit ? { commit } : {}), ...(error ? { error } : {}) };
    },
  };
}

function releaseStore(tables: Tables): ReleaseStore {
  const { releases } = tables;
  const add = (intent: PlatformIntent, at: Date) => addIntent(tables, { ...intent, creates: false, at });
  const newestFirst = () => [...releases.values()].sort((a, b) => b.waitingSince.getTime() - a.waitingSince.getTime());
  const find = (service: string, environment: string, executionId: string) =>
    newestFirst().find(
      (release) =>
        release.service === service && release.environment === environment && release.executionId === executionId,
    );
  return {
    async propose(proposed) {
      const known = find(proposed.service, proposed.environment, proposed.executionId);
      if (known) return { release: known, created: false };
      const release: Release = { ...proposed, status: "waiting", decisions: [], outcome: undefined };
      releases.set(release.id, release);
      return { release, created: true };
    },
    async get(id) {
      return releases.get(id);
    },
    async find(service, environment, executionId) {
      return find(service, environment, executionId);
    },
    async list({ service, owners, only, limit }) {
      return newestFirst()
        .filter((release) => !owners || owners.includes(release.owner))
        .filter((release) => !service || release.service === service)
        .filter((release) => only !== "open" || release.outcome === undefined)
        .filter((release) => only !== "waiting" || release.status === "waiting")
        .filter((release) => only !== "past" || release.status !== "waiting")
        .slice(0, limit);
    },
    async running(service, environment) {
      return [...releases.values()]
        .filter((r) => r.service === service && r.environment === environment && r.status === "deployed")
        .sort((a, b) => (b.outcome?.at.getTime() ?? 0) - (a.outcome?.at.getTime() ?? 0))[0];
    },
    async decide({ id, fingerprint, decision, status, intent }) {
      const release = releases.get(id);
      if (release?.status !== "waiting" || release.fingerprint !== fingerprint) return false;
      releases.set(id, { ...release, status, decisions: [...release.decisions, decision] });
      add(intent, decision.at);
      return true;
    },
    async move({ id, from, to, outcome, intent }) {
      const release = releases.get(id);
      if (!release || !from.includes(release.status) || release.outcome) return false;
      releases.set(id, { ...release, status: to, outcome });
      if (intent && outcome) add(intent, outcome.at);
      return true;
    },
    async isCommitted({ id, service, environment, fingerprint }) {
      const document = tables.documents.get(releasePath({ service, environment }))?.document;
      return document?.kind === "Release" && document.spec.id === id && document.spec.fingerprint === fingerprint;
    },
  };
}

function executionStore({ executions }: Tables): ExecutionStore {
  const list = (service: string) =>
    [...executions.values()]
      .filter((execution) => execution.service === service)
      .sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
  return {
    async save(execution) {
      const known = executions.get(execution.id);
      executions.set(execution.id, execution);
      return JSON.stringify(known) !== JSON.stringify(execution);
    },
    async get(service, executionId) {
      const execution = executions.get(executionId);
      return execution?.service === service ? execution : undefined;
    },
    async list(service, limit) {
      return list(service).slice(0, limit);
    },
    async latest(services) {
      return new Map(
        services.flatMap((service) => {
          const [newest] = list(service);
          return newest ? [[service, newest] as const] : [];
        }),
      );
    },
  };
}

function scorecardStore(tables: Tables): ScorecardStore {
  const { judged, fixes } = tables;
  const newestFirst = (name?: string) =>
    [...judged.values()]
      .filter((each) => name === undefined || each.name === name)
      .sort((a, b) => b.judgedAt.getTime() - a.judgedAt.getTime());
  const change = (id: string, to: Partial<StoredFix>) => {
    const known = fixes.get(id);
    if (known) fixes.set(id, { ...known, ...to });
  };
  return {
    async save(each) {
      judged.set(`${each.name} ${each.commit}`, each);
    },
    async latest(name) {
      return newestFirst(name)[0];
    },
    async bases() {
      return new Map(
        newestFirst()
          .reverse()
          .map(({ name, basis }) => [name, basis]),
      );
    },
    async latestOfAll() {
      const names = [...new Set(newestFirst().map(({ name }) => name))].sort();
      return names.flatMap((name) => newestFirst(name).slice(0, 1));
    },
    async history(name, limit) {
      return newestFirst(name).slice(0, limit);
    },
    async requestFix(request) {
      const { name, rule, base } = request;
      if (fixes.values().some((each) => each.name === name && each.rule === rule && each.base === base)) return false;
      fixes.set(request.id, { ...request, status: "waiting", url: undefined, error: undefined });
      return true;
    },
    async waitingFixes() {
      return [...fixes.values()]
        .filter(({ status }) => status === "waiting")
        .map(({ id, name, rule, base, requestedBy, requestedAt }) => ({
          ...{ id, name, rule, base, requestedBy, requestedAt },
        }));
    },
    async fixOpened(id, opened) {
      change(id, { ...opened, status: "opened" });
    },
    async fixFailed(id, error) {
      change(id, { status: "failed", error });
    },
    async fixes(name) {
      return [...fixes.values()]
        .filter((each) => each.name === name)
        .map(({ rule, base, status, requestedBy, requestedAt, url, error }) => ({
          ...{ rule, base, status, requestedBy: requestedBy.name, requestedAt, url, error },
        }))
        .reverse();
    },
    async requesterOf(name, commit) {
      const found = fixes.values().find((each) => each.name === name && each.commit === commit);
      return found && (found.requestedBy.github ?? found.requestedBy.email);
    },
    async importRepository({ at, intent }) {
      addIntent(tables, { ...intent, creates: true, at });
    },
  };
}
