import { setImmediate as turn } from "node:timers/promises";
import type { ServiceRuntime } from "../../../core/context.ts";
import { AwsError } from "../../../core/errors.ts";
import { type FunctionConfig, functionArn } from "../records.ts";
import { throttleReason, unreservedConcurrency } from "./concurrency.ts";
import { type Daemon, daemonOf } from "./daemon.ts";
import { type Environment, type Outcome, startEnvironment } from "./environment.ts";
import { createLifeline, type Lifeline } from "./lifeline.ts";
import { createPool, type Target } from "./pool.ts";
import { createProvisioner, type Provisioner } from "./provisioned.ts";
import { failureOf, platformLog } from "./report.ts";
import { createTelemetry, type Scope } from "./telemetry.ts";
import { decideTrace, lambdaSegments, type Trace } from "./tracing.ts";

interface Invocation {
  readonly account: string;
  readonly region: string;
  readonly config: FunctionConfig;
  readonly alias: string | undefined;
  readonly invokedArn: string;
  readonly requestId: string;
  readonly payload: Uint8Array;
  /** `X-Amzn-Trace-Id` of the request. */
  readonly traceHeader: string | undefined;
  /** JSON. */
  readonly clientContext: string | undefined;
  /** Undefined: as many as the account has. */
  readonly reservedConcurrency: number | undefined;
}

interface InvocationResult {
  readonly payload: Buffer;
  readonly failed: boolean;
  /** The last 4 KB of this invocation's log. */
  readonly logTail: string;
}

/** Runs functions: environments, their logs, metrics and traces. One for a sandbox. */
export interface Host {
  /** Raises `TooManyRequestsException` when the function's reserved concurrency, or the account's, is in use. */
  invoke(invocation: Invocation): Promise<InvocationResult>;
  /** Ends environments of a function, or of one version of it. */
  discard(arn: string, version: string | undefined): void;
  readonly provisioner: Provisioner;
  /** Puts a value to a function's metric that isn't of an invocation (`AsyncEventsDropped`); ages are milliseconds. */
  count(scope: Scope, functionName: string, metric: string, value: number): void;
  /** Writes what is collected for Logs, CloudWatch and X-Ray. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

export interface HostLimits {
  readonly idleMs: number;
  readonly environments: number;
}

export const DEFAULT_LIMITS: HostLimits = { idleMs: 60_000, environments: 32 };
const TAIL_BYTES = 4096;

const hosts = new WeakMap<ServiceRuntime, Host>();

/** The host of this sandbox. Raises when Lambda wasn't started. */
export function hostOf(runtime: ServiceRuntime): Host {
  const host = hosts.get(runtime);
  if (!host) throw new Error("Lambda has not started in this sandbox.");
  return host;
}

/** What an environment's process says, on its way to its log stream. */
interface Journal {
  write(lines: readonly string[]): void;
  /** Starts collecting for one invocation. */
  begin(): void;
  tail(): string;
}

export function startHost(runtime: ServiceRuntime, limits: HostLimits): Host {
  const telemetry = createTelemetry(runtime);
  const journals = new WeakMap<Environment, Journal>();
  const concurrency = new Map<string, number>();
  const daemons = new Map<string, Promise<Daemon>>();
  const running = new Set<Promise<void>>();
  let lifeline: Lifeline | undefined;

  const journal = (scope: Scope, config: FunctionConfig, stream: () => string): Journal => {
    let collected = "";
    return {
      write(lines) {
        for (const line of lines) {
          collected = `${collected}${line}\n`.slice(-TAIL_BYTES);
          telemetry.log(scope, config.logging.group, stream(), `${line}\n`);
        }
      },
      begin: () => {
        collected = "";
      },
      tail: () => collected,
    };
  };

  const start = async ({ account, region, config }: Target, isProvisioned: boolean): Promise<Environment> => {
    lifeline ??= createLifeline();
    const { address } = await daemonOf(daemons, { account, region }, telemetry);
    // Lines come only once the process runs, when the environment and with it the stream's name is there.
    const early: string[] = [...platformLog(config).initStart(runtime.clock.now())];
    let log: Journal | undefined;
    const environment = await startEnvironment({
      ...{ runtime, account, region, config, lifeline, xrayAddress: address, isProvisioned },
      drained: telemetry.drained,
      onLine: (text) => (log ? log.write([text]) : void early.push(text)),
    });
    log = journal({ account, region }, config, () => environment.logStream);
    log.write(early);
    journals.set(environment, log);
    return environment;
  };

  const pool = createPool({ runtime, start, idleMs: limits.idleMs, limit: limits.environments });
  const provisioner = createProvisioner(runtime, pool);

  /** Counts an invocation in, or throttles it. */
  const enter = (invocation: Invocation): (() => void) => {
    const { account, region, config, reservedConcurrency } = invocation;
    const place = `${account}/${region}`;
    const shared = reservedConcurrency === undefined ? [`${place} unreserved`] : [];
    const keys = [place, functionArn(invocation, config.name), ...shared];
    const counts = keys.map((key) => (concurrency.get(key) ?? 0) + 1);
    const reason = throttleReason(reservedConcurrency, counts, () =>
      unreservedConcurrency(runtime.storeOf(account, region)),
    );
    if (reason !== undefined) {
      recordCounts(invocation, { Throttles: 1 });
      throw new AwsError("TooManyRequestsException", "Rate Exceeded.", { members: { Type: "User", Reason: reason } });
    }
    for (const [index, key] of keys.entries()) {
      const dimensions: Record<string, string> = index === 1 ? { FunctionName: config.name } : {};
      const metric = index === 2 ? "UnreservedConcurrentExecutions" : "ConcurrentExecutions";
      concurrency.set(key, counts[index] ?? 0);
      telemetry.metric({ account, region }, { name: metric, value: counts[index] ?? 0, unit: "Count", dimensions });
    }
    return () => {
      for (const key of keys) concurrency.set(key, (concurrency.get(key) ?? 1) - 1);
    };
  };

  const recordCounts = (invocation: Invocation, counts: Record<string, number>, durationMs?: number) => {
    const { account, region, config, alias } = invocation;
    const qualifier = alias ?? (config.version === "$LATEST" ? undefined : config.version);
    const byFunction = { FunctionName: config.name };
    const byResource = { ...byFunction, Resource: qualifier ? `${config.name}:${qualifier}` : config.name };
    const byVersion = alias ? [{ ...byResource, ExecutedVersion: config.version }] : [];
    for (const dimensions of [{}, byFunction, byResource, ...byVersion]) {
      for (const [name, value] of Object.entries(counts)) {
        telemetry.metric({ account, region }, { name, value, unit: "Count", dimensions });
      }
      if (durationMs !== undefined) {
        telemetry.metric(
          { account, region },
          { name: "Duration", value: durationMs, unit: "Milliseconds", dimensions },
        );
      }
    }
  };

  /** What provisioned concurrency did for an invocation; nothing where the qualifier has none. */
  const recordProvisioned = ({ account, region, config }: Invocation, qualifier: string, isUsed: boolean) => {
    const scope = { account, region };
    const { allocated, busy } = provisioner.stateOf(scope, config.name, qualifier);
    if (allocated === 0) return;
    const dimensions = { FunctionName: config.name, Resource: `${config.name}:${qualifier}` };
    const put = (name: string, value: number, unit: "Count" | "Percent" = "Count") =>
      telemetry.metric(scope, { name, value, unit, dimensions });
    put("ProvisionedConcurrentExecutions", busy);
    // A share of 1, though its unit says otherwise: as on AWS.
    put("ProvisionedConcurrencyUtilization", busy / allocated, "Percent");
    put(isUsed ? "ProvisionedConcurrencyInvocations" : "ProvisionedConcurrencySpilloverInvocations", 1);
  };

  /** Undefined: the environment ended before it took the work, which then goes to another. */
  const run = async (
    invocation: Invocation,
    trace: Trace,
    requestedAt: number,
  ): Promise<InvocationResult | undefined> => {
    const { account, region, config, requestId } = invocation;
    const { clock, random } = runtime;
    const qualifier = invocation.invokedArn.split(":")[7];
    const { environment, cold, provisioned } = await pool.acquire({ account, region, config, qualifier });
    if (qualifier !== undefined && qualifier !== "$LATEST") recordProvisioned(invocation, qualifier, provisioned);
    const log = journals.get(environment);
    const platform = platformLog(config);
    try {
      const initialisation: Outcome | undefined = await environment.initialised;
      if (initialisation) await environment.kill();
      if (!cold) log?.begin();
      log?.write(platform.start(clock.now(), requestId, trace));
      const timeoutMs = config.timeoutS * 1000;
      const startedAt = performance.now();
      const outcome =
        initialisation ??
        (await environment.run(
          {
            requestId,
            payload: invocation.payload,
            deadlineMs: Date.now() + timeoutMs,
            invokedArn: invocation.invokedArn,
            traceHeader: trace.header,
            clientContext: invocation.clientContext,
          },
          timeoutMs,
        ));
      if (outcome.kind === "gone") return undefined;
      const endedAt = performance.now();
      // What the function wrote before it answered is in its pipes already: a turn of the loop reads it.
      await turn();
      await turn();
      const durationMs = initialisation ? environment.initMs : endedAt - startedAt;
      const failure = failureOf(outcome, requestId, config);
      const initMs = cold && !initialisation ? environment.initMs : undefined;
      const maxMemoryMb = environment.maxMemoryMb();
      log?.write(platform.finished(clock.now(), { requestId, durationMs, initMs, maxMemoryMb, trace, failure }));
      recordCounts(invocation, { Invocations: 1, Errors: failure ? 1 : 0, Throttles: 0 }, durationMs);
      const endMs = clock.now().getTime();
      const segments = lambdaSegments(
        {
          ...{ trace, name: config.name, account, requestId, endMs, durationMs, initMs },
          arn: functionArn(invocation, config.name),
          totalMs: endedAt - requestedAt,
          error: failure && { type: failure.type, message: failure.message },
        },
        random,
      );
      for (const document of segments) telemetry.segment({ account, region }, document);
      const payload = failure?.body ?? (outcome.kind === "response" ? outcome.body : Buffer.alloc(0));
      return { payload, failed: failure !== undefined, logTail: log?.tail() ?? "" };
    } finally {
      pool.release(environment);
    }
  };

  const host: Host = {
    async invoke(invocation) {
      const leave = enter(invocation);
      const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
      running.add(finished);
      try {
        const requestedAt = performance.now();
        const { config, traceHeader } = invocation;
        const trace = decideTrace(config.tracing, traceHeader, runtime.clock.now(), runtime.random);
        for (;;) {
          const result = await run(invocation, trace, requestedAt);
          if (result) return result;
        }
      } finally {
        leave();
        running.delete(finished);
        finish();
      }
    },
    provisioner,
    count(scope, FunctionName, name, value) {
      const unit = name.endsWith("Age") ? "Milliseconds" : "Count";
      for (const dimensions of [{}, { FunctionName }]) telemetry.metric(scope, { name, value, unit, dimensions });
    },
    discard: pool.discard,
    flush: telemetry.flush,
    async stop() {
      provisioner.stop();
      await pool.stop();
      // The last reports are written a moment after their environments' ends.
      await Promise.all(running);
      for (const daemon of daemons.values()) (await daemon).close();
      await telemetry.flush();
      lifeline?.close();
      hosts.delete(runtime);
    },
  };
  hosts.set(runtime, host);
  return host;
}
