import type { ServiceRuntime } from "../../../core/context.ts";
import { aliases, type FunctionConfig, functionArn, provisionedConfigs, versionKey, versions } from "../records.ts";
import type { Pool } from "./pool.ts";
import type { Scope } from "./telemetry.ts";

/** How far an alias's or a version's provisioned concurrency is. */
interface ProvisionedState {
  readonly allocated: number;
  readonly available: number;
  readonly busy: number;
  /** Why no more are started. */
  readonly failure: string | undefined;
}

export interface Provisioner {
  /** Starts what is missing and ends what is too much, after a change of a configuration, an alias or a version. */
  reconcile(scope: Scope, name: string): void;
  /** Forgets that starts have failed: a new configuration is tried anew. */
  retry(scope: Scope, name: string, qualifier: string): void;
  stateOf(scope: Scope, name: string, qualifier: string): ProvisionedState;
  /** For every function that has some, at the sandbox's start. */
  resume(): void;
  stop(): void;
}

/** AWS tries for a while; a handler that can't load won't load later. */
const MOST_FAILURES = 3;

/** Keeps the environments of provisioned concurrency running. What is wanted is on disk, what runs is in the pool. */
export function createProvisioner(runtime: ServiceRuntime, pool: Pool): Provisioner {
  const failures = new Map<string, { count: number; reason: string }>();
  const starting = new Map<string, number>();
  let stopped = false;

  const keyOf = (scope: Scope, name: string, qualifier: string) => functionArn(scope, name, qualifier);

  /** How many of which version: an alias with weights has some of each. */
  const wanted = (scope: Scope, name: string, qualifier: string): { config: FunctionConfig; count: number }[] => {
    const store = runtime.storeOf(scope.account, scope.region);
    const requested = provisionedConfigs(store).get(`${name}/${qualifier}`)?.requested ?? 0;
    const alias = aliases(store).get(`${name}/${qualifier}`);
    const shares = Object.entries(alias?.weights ?? {}).map(([version, weight]): [string, number] => [
      version,
      Math.round(requested * weight),
    ]);
    const others = shares.reduce((sum, [, count]) => sum + count, 0);
    const all: [string, number][] = [[alias?.version ?? qualifier, requested - others], ...shares];
    return all.flatMap(([version, count]) => {
      const config = versions(store).get(versionKey(name, version));
      return config ? [{ config, count }] : [];
    });
  };

  const begin = async (scope: Scope, name: string, qualifier: string, config: FunctionConfig) => {
    const key = keyOf(scope, name, qualifier);
    const startKey = `${key} ${config.version}`;
    starting.set(startKey, (starting.get(startKey) ?? 0) + 1);
    const fail = (reason: string) => failures.set(key, { count: (failures.get(key)?.count ?? 0) + 1, reason });
    try {
      const environment = await pool.provision({ ...scope, config, qualifier });
      void environment.initialised.then((failure) => {
        if (failure) fail("FUNCTION_ERROR_INIT_FAILURE");
        else failures.delete(key);
      });
      void environment.exited.then(() => reconcile(scope, name));
    } catch (error) {
      fail(String(error));
    } finally {
      starting.set(startKey, (starting.get(startKey) ?? 1) - 1);
    }
  };

  const reconcileOne = (scope: Scope, name: string, qualifier: string) => {
    const key = keyOf(scope, name, qualifier);
    const goals = wanted(scope, name, qualifier);
    const running = pool.provisioned(functionArn(scope, name), qualifier);
    const right = new Set<object>();
    for (const { config, count } of goals) {
      const mine = running
        .filter((one) => one.config.version === config.version && one.config.revisionId === config.revisionId)
        .slice(0, count);
      for (const one of mine) right.add(one.environment);
      const missing = count - mine.length - (starting.get(`${key} ${config.version}`) ?? 0);
      for (let n = 0; n < missing; n++) {
        if ((failures.get(key)?.count ?? 0) >= MOST_FAILURES) break;
        if (!pool.hasRoom()) {
          failures.set(key, {
            count: MOST_FAILURES,
            reason: "sandbox: this machine has no room for more environments",
          });
          break;
        }
        void begin(scope, name, qualifier, config);
      }
    }
    for (const { environment } of running) if (!right.has(environment)) pool.dismiss(environment);
  };

  const known = new Map<string, Set<string>>();
  const reconcile = (scope: Scope, name: string) => {
    if (stopped) return;
    const store = runtime.storeOf(scope.account, scope.region);
    const arn = functionArn(scope, name);
    const qualifiers = provisionedConfigs(store)
      .list(`${name}/`)
      .map(({ value }) => value.qualifier);
    // Those that had some and have none any more, too.
    const all = new Set([...(known.get(arn) ?? []), ...qualifiers]);
    if (qualifiers.length > 0) known.set(arn, new Set(qualifiers));
    else known.delete(arn);
    for (const qualifier of all) reconcileOne(scope, name, qualifier);
  };

  return {
    reconcile,
    retry: (scope, name, qualifier) => void failures.delete(keyOf(scope, name, qualifier)),
    stateOf(scope, name, qualifier) {
      const running = pool.provisioned(functionArn(scope, name), qualifier);
      const failed = failures.get(keyOf(scope, name, qualifier));
      return {
        allocated: running.filter(({ isReady }) => isReady).length,
        available: running.filter(({ isReady, isBusy }) => isReady && !isBusy).length,
        busy: running.filter(({ isBusy }) => isBusy).length,
        failure: failed && failed.count >= MOST_FAILURES ? failed.reason : undefined,
      };
    },
    resume() {
      for (const scope of runtime.scopes()) {
        const store = runtime.storeOf(scope.account, scope.region);
        const names = new Set(
          provisionedConfigs(store)
            .list()
            .map(({ key }) => key.split("/")[0] ?? ""),
        );
        for (const name of names) reconcile(scope, name);
      }
    },
    stop() {
      stopped = true;
    },
  };
}
