import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { denialOf, refusalOf } from "./authorization/authorize.ts";
import type {
  AnyCommand,
  CallScope,
  Context,
  RandomSource,
  SandboxClock,
  Send,
  ServiceRuntime,
  Signals,
  Surroundings,
} from "./context.ts";
import { sessionArn } from "./credentials.ts";
import { AwsError } from "./errors.ts";
import type { Caller, IdentitySource } from "./identity.ts";
import { invoke, withStreams } from "./invoke.ts";
import type { Collection, State } from "./store.ts";
import type { OperationModel, ServiceModel } from "./wire/model.ts";

/** What all services of one sandbox share. */
export interface Shared {
  readonly state: State;
  readonly clock: SandboxClock;
  readonly random: RandomSource;
  readonly signals: Signals;
  readonly surroundings: Surroundings;
  readonly log: (event: string, fields: object) => void;
  readonly defaultRegion: string;
}

/** Who calls an operation, where. */
interface CallOrigin {
  readonly account: string;
  readonly region: string;
  readonly caller: Caller;
  readonly internal: boolean;
  readonly requestId: string;
  /** Left out: nobody can hang up. */
  readonly signal?: AbortSignal;
  readonly traceHeader?: string | undefined;
}

export interface Runtimes {
  /** The same object at each call: a service may key its own in-memory state by it in a WeakMap. */
  of(model: ServiceModel): ServiceRuntime;
  /** A runtime for a front that no AWS service stands behind (`github`, `oidc`). */
  named(name: string): ServiceRuntime;
  context(model: ServiceModel, origin: CallOrigin): Context;
  /** Runs a command in process, as `caller`. */
  send(command: object, origin: Omit<CallOrigin, "requestId" | "internal">): Promise<unknown>;
}

const NEVER_ABORTED = new AbortController().signal;

/** Makes the runtimes and contexts of a sandbox's services, and the `send` by which they reach each other. */
export function createRuntimes(models: readonly ServiceModel[], shared: Shared): Runtimes {
  const byOperation = new Map<string, { model: ServiceModel; operation: OperationModel }>();
  for (const model of models) {
    for (const operation of model.operations.values()) {
      byOperation.set(`${model.namespace}#${operation.name}`, { model, operation });
    }
  }
  const runtimes = new Map<string, ServiceRuntime>();
  const keeper = models.find(({ definition }) => definition.identities !== undefined);
  let known: IdentitySource | undefined;
  const identities = () => {
    if (keeper) known ??= keeper.definition.identities?.(runtimeOf(keeper.name, principalOf(keeper)));
    return known;
  };

  const send: Runtimes["send"] = async (command, origin) => {
    const { schema, input } = command as { schema?: [number, string, string]; input: object };
    if (!schema) throw new TypeError("Not an SDK command: it has no schema.");
    const known = byOperation.get(`${schema[1]}#${schema[2]}`);
    if (!known) {
      const message = `sandbox: ${schema[1]}#${schema[2]} belongs to a service that isn't registered`;
      throw new AwsError("NotImplemented", message, { status: 501 });
    }
    const { model, operation } = known;
    const requestId = shared.random.uuid();
    const output = await invoke(model, operation, context(model, { ...origin, internal: true, requestId }), input);
    return withStreams(operation.output, output);
  };

  /** `send` as given to a service: it acts as itself, or as the role that the scope names. */
  const sendAs = (principal: string, here: { account: string; region: string }): Send => {
    const run = (command: object, scope: CallScope = {}) => {
      const region = scope.region ?? here.region;
      if (scope.roleArn) {
        const { account, arn } = sessionArn(scope.roleArn, principal.split(".")[0] ?? principal);
        const caller = { account, arn, roleArn: scope.roleArn, accessKeyId: "" };
        return send(command, { account, region, caller, traceHeader: scope.traceHeader });
      }
      const account = scope.account ?? here.account;
      const source = scope.sourceArn === undefined ? {} : { sourceArn: scope.sourceArn };
      const caller = { ...serviceCaller(principal, account), sourceAccount: here.account, ...source };
      return send(command, { account, region, caller, traceHeader: scope.traceHeader });
    };
    return run as (command: AnyCommand<object, object>, scope?: CallScope) => Promise<never>;
  };

  const context = (model: ServiceModel, origin: CallOrigin): Context => {
    const runtime = runtimeOf(model.name, principalOf(model));
    const store = runtime.storeOf(origin.account, origin.region);
    return {
      clock: shared.clock,
      random: shared.random,
      signals: shared.signals,
      surroundings: shared.surroundings,
      log: runtime.log,
      ...origin,
      signal: origin.signal ?? NEVER_ABORTED,
      store,
      globalStore: runtime.storeOf("", ""),
      send: sendAs(principalOf(model), origin),
      identities: identities(),
      authorize(need) {
        const asking = { ...origin, now: shared.clock.now(), isExternal: !origin.internal };
        const denial = denialOf(need, asking, identities());
        if (denial !== undefined) throw refusalOf(need, origin.caller, denial, model);
      },
      collection: <T>(name: string): Collection<T> => store.collection<T>(name),
      runtime,
    };
  };

  const runtimeOf = (name: string, principal: string): ServiceRuntime => {
    const known = runtimes.get(name);
    if (known) return known;
    mkdirSync(join(shared.surroundings.dataDir, name), { recursive: true });
    const runtime: ServiceRuntime = {
      clock: shared.clock,
      random: shared.random,
      signals: shared.signals,
      surroundings: shared.surroundings,
      log: (event, fields) => shared.log(event, { service: name, ...fields }),
      storeOf: (account, region) => shared.state.storeOf(name, account, region),
      scopes: () => shared.state.scopes(name),
      contextFor: (account, region) => {
        const caller = serviceCaller(principal, account);
        const origin = { account, region, caller, internal: true, requestId: shared.random.uuid() };
        const model = models.find((candidate) => candidate.name === name);
        if (model) return context(model, origin);
        return frontContext(runtime, origin, sendAs(principal, origin));
      },
    };
    runtimes.set(name, runtime);
    return runtime;
  };

  return {
    of: (model) => runtimeOf(model.name, principalOf(model)),
    named: (name) => runtimeOf(name, `${name}.sandbox.internal`),
    context,
    send,
  };
}

/** A service that acts by itself in an account. */
function serviceCaller(principal: string, account: string): Caller {
  return { account, arn: `arn:aws:iam::${account}:root`, accessKeyId: "", service: principal, sourceAccount: account };
}

/** The service's principal in trust and key policies: `codepipeline.amazonaws.com`. */
const principalOf = (model: ServiceModel) => `${model.signingName}.amazonaws.com`;

function frontContext(runtime: ServiceRuntime, origin: CallOrigin, send: Send): Context {
  const store = runtime.storeOf(origin.account, origin.region);
  const { clock, random, signals, surroundings, log } = runtime;
  const globalStore = runtime.storeOf("", "");
  const collection = <T>(name: string): Collection<T> => store.collection<T>(name);
  const own = { clock, random, signals, surroundings, log };
  // A front is a service of the sandbox itself: what it does is asked of nobody.
  const authorize = () => undefined;
  const rest = { globalStore, send, collection, runtime, authorize, identities: undefined };
  return { ...own, ...origin, signal: NEVER_ABORTED, store, ...rest };
}
