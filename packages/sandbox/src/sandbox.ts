import { appendFile, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type ControlledClock, createClock } from "./core/clock.ts";
import type { Send, ServiceRuntime, Signals, Surroundings } from "./core/context.ts";
import { withControl } from "./core/control.ts";
import { openCredentials, sessionArn } from "./core/credentials.ts";
import { childEnvironment } from "./core/environment.ts";
import { createFaults, type Faults } from "./core/faults.ts";
import type { FrontDefinition } from "./core/fronts.ts";
import type { AccessKey } from "./core/identity.ts";
import { type HttpPort, listenHttp, listenUdp, type UdpPort } from "./core/listen.ts";
import { systemRandom } from "./core/random.ts";
import { createRuntimes, type Runtimes } from "./core/runtime.ts";
import type { Running, ServiceDefinition } from "./core/service.ts";
import { createSignals } from "./core/signals.ts";
import { openState } from "./core/store.ts";
import { loadModel, type ServiceModel } from "./core/wire/model.ts";
import { createWireHandler } from "./core/wire/server.ts";
import { fronts as allFronts, services as allServices } from "./registry.ts";

export interface SandboxOptions {
  /** Everything is kept here; a second start with the same folder finds its state again. */
  readonly dataDir: string;
  /** 0 or left out: a free port. A caller that wants the same addresses tomorrow remembers them. */
  readonly ports?: { aws?: number; gateway?: number; github?: number; oidc?: number; xray?: number };
  readonly clock?: ControlledClock;
  /** AWS's own delays (see `SandboxClock.isRealistic`); a `clock` that is given says so itself. */
  readonly realistic?: boolean;
  /** Region of what has none, and of `send` without one. */
  readonly region?: string;
  /** Given to the GitHub front as it is. Left out: there is no GitHub. */
  readonly github?: object;
  /** Given to the OpenID Connect front as it is. Left out: there is no issuer. */
  readonly oidc?: object;
  /** Default: one JSON object a line in `<dataDir>/sandbox.log`. */
  readonly log?: (event: string, fields: object) => void;
  /** Default: everything in `registry.ts`. A test of one service may start it alone. */
  readonly services?: readonly ServiceDefinition[];
  readonly fronts?: readonly FrontDefinition[];
}

export interface Sandbox {
  readonly awsUrl: string;
  readonly gatewayUrl: string;
  readonly githubUrl: string;
  readonly oidcUrl: string;
  readonly xrayDaemonAddress: string;
  readonly dataDir: string;
  readonly clock: ControlledClock;
  readonly signals: Signals;
  readonly surroundings: Surroundings;
  readonly faults: Faults;
  /** Runs an SDK command in process, as the account's own user. Default: the tooling account, `options.region`. */
  readonly send: Send;
  /** The long-lived key of an account, for clients over the wire. */
  credentials(account: string): AccessKey;
  /** The runtime of a service by its client's name (`SQSClient`), for tests of what has no operation. */
  runtimeOf(client: string): ServiceRuntime;
  /** Ends services in the opposite order of their start, then the ports, then the state. May be called twice. */
  stop(): Promise<void>;
}

const TOOLING_ACCOUNT = "111111111111";
const ACCOUNTS = [TOOLING_ACCOUNT, "222222222222", "333333333333", "444444444444"];
/** Lifetime of the credentials given to child processes; AWS's longest session. */
const CHILD_SESSION_MS = 12 * 3600 * 1000;

/**
 * Starts a whole sandbox in this process: AWS, GitHub and an OpenID Connect issuer on loopback ports. Ports are bound
 * first, because services tell them to their children; they answer 503 until everything behind them has started.
 * Raises when a port is taken or a service can't start; what had been started is stopped then.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true });
  const region = options.region ?? "eu-west-1";
  const definitions = options.services ?? allServices;
  const fronts = options.fronts ?? allFronts;
  const log = options.log ?? logToFile(join(dataDir, "sandbox.log"));
  const clock = options.clock ?? createClock(undefined, { realistic: options.realistic ?? false });
  const state = openState(join(dataDir, "state.sqlite"));
  const undo: (() => Promise<void> | void)[] = [() => state.close(), () => clock.stop()];
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= undoAll();
    return stopped;
  };
  const undoAll = async () => {
    for (let step = undo.pop(); step; step = undo.pop()) {
      try {
        await step();
      } catch (error) {
        log("stop.failed", { error: String(error) });
      }
    }
  };

  try {
    const credentials = openCredentials(
      join(dataDir, "credentials.json"),
      state.storeOf("sts", "", ""),
      clock,
      systemRandom,
    );
    for (const account of ACCOUNTS) credentials.ofAccount(account);

    const bind = async (name: "aws" | "gateway" | "github" | "oidc") => {
      const port = await listenHttp(options.ports?.[name] ?? 0, {
        loopbackOriginsOnly: name === "aws" || name === "github",
        onCrash: (error, { method, url }) =>
          log("request.crashed", {
            port: name,
            method,
            url,
            error: error instanceof Error ? error.stack : String(error),
          }),
      });
      undo.push(() => port.close());
      return port;
    };
    const http = {
      aws: await bind("aws"),
      gateway: await bind("gateway"),
      github: await bind("github"),
      oidc: await bind("oidc"),
    };
    const udp = await listenUdp(options.ports?.xray ?? 0);
    undo.push(() => udp.close());

    const faults = createFaults({ id: () => `fault-${systemRandom.hex(8)}`, wait: (ms) => setTimeout(ms), log });
    let gitDirectory: Surroundings["gitDirectory"] = () => undefined;
    const surroundings: Surroundings = {
      awsUrl: http.aws.url,
      gatewayUrl: http.gateway.url,
      githubUrl: http.github.url,
      oidcUrl: http.oidc.url,
      xrayDaemonAddress: udp.address,
      dataDir,
      faults,
      gitDirectory: (repository) => gitDirectory(repository),
      credentialsFor: (roleArn, sessionName, given = {}) =>
        credentials.issueSession({ roleArn, sessionName, durationMs: CHILD_SESSION_MS, ...given }),
      userKeys: credentials.userKeys,
      childEnvironment: (home) => childEnvironment(home),
    };
    const signals = createSignals(log);
    const models = definitions.map(loadModel);
    const runtimes = createRuntimes(models, {
      state,
      clock,
      random: systemRandom,
      signals,
      surroundings,
      log,
      defaultRegion: region,
    });

    for (const model of models) {
      const running: Running | undefined = await model.definition.start?.(runtimes.of(model));
      if (running) undo.push(() => running.stop());
    }
    const shared = { clock, random: systemRandom, log, defaultRegion: region };
    const wire = createWireHandler({ models, runtimes, credentials, shared, faults });
    http.aws.serve(withControl({ faults, clock }, wire));
    const ports = { ...http, xray: udp };
    gitDirectory = await startFronts({ fronts, options, models, runtimes, ports, undo });
    undo.push(() => {
      for (const port of Object.values(http)) port.pause();
    });

    const send = ((command, scope = {}) => {
      const acting = scope.region ?? region;
      if (scope.roleArn) {
        const { account, arn } = sessionArn(scope.roleArn, "sandbox");
        return runtimes.send(command, {
          account,
          region: acting,
          caller: { account, arn, roleArn: scope.roleArn, accessKeyId: "" },
        });
      }
      const account = scope.account ?? TOOLING_ACCOUNT;
      const { accessKeyId } = credentials.ofAccount(account);
      const caller = { account, arn: `arn:aws:iam::${account}:user/sandbox`, accessKeyId };
      return runtimes.send(command, { account, region: acting, caller });
    }) as Send;

    return {
      ...surroundings,
      clock,
      signals,
      surroundings,
      faults,
      send,
      credentials: (account) => credentials.ofAccount(account),
      runtimeOf: (client) => {
        const model = models.find((candidate) => candidate.definition.client === client);
        if (!model) throw new Error(`No service of this sandbox has the client "${client}".`);
        return runtimes.of(model);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface FrontStart {
  readonly fronts: readonly FrontDefinition[];
  readonly options: SandboxOptions;
  readonly models: readonly ServiceModel[];
  readonly runtimes: Runtimes;
  readonly ports: Record<"gateway" | "github" | "oidc", HttpPort> & { readonly xray: UdpPort };
  readonly undo: (() => Promise<void> | void)[];
}

/**
 * Starts what listens beside the AWS API, and returns where GitHub keeps its repositories. A front whose service isn't
 * among those started, and a GitHub or issuer without options, is left out: its port goes on answering 503.
 */
async function startFronts({ fronts, options, models, runtimes, ports, undo }: FrontStart) {
  let gitDirectory: Surroundings["gitDirectory"] = () => undefined;
  for (const front of fronts) {
    const model = models.find((candidate) => candidate.definition === front.service);
    if (front.service && !model) continue;
    const runtime = model ? runtimes.of(model) : runtimes.named(front.name);
    if (front.name === "xray") {
      ports.xray.serve(front.receiver(runtime));
      continue;
    }
    const given = front.name === "gateway" ? {} : options[front.name];
    if (given === undefined) continue;
    const handler = await front.handler(runtime, given);
    const { handle, stop } =
      typeof handler === "function" ? { handle: handler } : { ...handler, handle: handler.handle };
    if (stop) undo.push(() => stop());
    if (typeof handler !== "function" && handler.gitDirectory) gitDirectory = handler.gitDirectory;
    ports[front.name].serve(handle);
  }
  return gitDirectory;
}

function logToFile(file: string): (event: string, fields: object) => void {
  return (event, fields) => {
    const line = `${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`;
    // A log that can't be written must not stop what is logged.
    appendFile(file, line, () => undefined);
  };
}
