import type { ServiceRuntime } from "../../core/context.ts";
import type { Running } from "../../core/service.ts";
import { cleanUp, deleteAll } from "./delete.ts";
import { deploy } from "./deploy.ts";
import { announced, createJournal } from "./journal.ts";
import { type OperationRecord, type Phase, type StackRecord, stacksOf } from "./records.ts";
import { rollBack } from "./rollback.ts";
import type { Work } from "./work.ts";

/**
 * Carries out operations of stacks in the background. Every step is written down before it begins and when it is done,
 * so that an operation whose sandbox was killed goes on at the next start from where it was.
 */
export interface Engine extends Running {
  /** Goes on with the stack's operation, whatever part of it is next. One run per stack at a time. */
  run(account: string, region: string, stackId: string): void;
  /** Ends what waits in the stack's operation; that it was cancelled is written down before. */
  cancel(stackId: string): void;
}

const engines = new WeakMap<ServiceRuntime, Engine>();

export function engineOf(runtime: ServiceRuntime): Engine {
  const known = engines.get(runtime);
  if (known) return known;
  const engine = createEngine(runtime);
  engines.set(runtime, engine);
  return engine;
}

/** Goes on with what was under way when the sandbox ended. */
export function startEngine(runtime: ServiceRuntime): Engine {
  const engine = engineOf(runtime);
  for (const { account, region } of runtime.scopes()) {
    for (const { value: stack } of stacksOf(runtime.storeOf(account, region)).list()) {
      if (!stack.operation) continue;
      runtime.log("cloudformation.resumed", {
        stack: stack.name,
        operation: stack.operation.kind,
        phase: stack.operation.phase,
      });
      engine.run(account, region, stack.id);
    }
  }
  return engine;
}

function createEngine(runtime: ServiceRuntime): Engine {
  const runs = new Map<string, Promise<void>>();
  const cancels = new Map<string, AbortController>();
  const stopping = new AbortController();
  let isStopping = false;

  const carryOut = async (account: string, region: string, stackId: string) => {
    // Whoever started the operation gets its answer before the first step.
    await new Promise((resolve) => setImmediate(resolve));
    const context = runtime.contextFor(account, region);
    const journal = createJournal(context);
    for (;;) {
      const stack = journal.stack(stackId);
      if (!stack?.operation || isStopping) return;
      const cancel = new AbortController();
      cancels.set(stackId, cancel);
      const signal = AbortSignal.any([stopping.signal, cancel.signal]);
      const work: Work = { context, journal, isStopping: () => isStopping, signal };
      try {
        await phases[stack.operation.phase](work, stack, stack.operation);
      } catch (error) {
        giveUp(work, stackId, error);
      }
    }
  };

  const engine: Engine = {
    run(account, region, stackId) {
      if (runs.has(stackId) || isStopping) return;
      const run = carryOut(account, region, stackId).finally(() => {
        runs.delete(stackId);
        cancels.delete(stackId);
        // An operation that was begun between the run's last look and its end.
        if (stacksOf(runtime.storeOf(account, region)).get(stackId)?.operation) engine.run(account, region, stackId);
      });
      runs.set(stackId, run);
    },
    cancel(stackId) {
      cancels.get(stackId)?.abort();
    },
    async stop() {
      isStopping = true;
      stopping.abort();
      await Promise.all(runs.values());
      await announced(runtime);
    },
  };
  return engine;
}

const phases: Record<Phase, (work: Work, stack: StackRecord, operation: OperationRecord) => Promise<void>> = {
  deploy,
  rollback: rollBack,
  cleanup: cleanUp,
  "rollback-cleanup": cleanUp,
  delete: deleteAll,
};

/** A fault of the sandbox itself: the stack says so and stands still, instead of trying for ever. */
function giveUp(work: Work, stackId: string, error: unknown): void {
  const stack = work.journal.stack(stackId);
  work.context.log("cloudformation.fault", { stackId, error: error instanceof Error ? error.stack : String(error) });
  if (!stack?.operation) return;
  const status =
    stack.operation.kind === "create"
      ? "CREATE_FAILED"
      : stack.operation.kind === "update"
        ? "UPDATE_FAILED"
        : "DELETE_FAILED";
  const statusReason = `Internal Failure: ${error instanceof Error ? error.message : String(error)}`;
  work.journal.putStack(stack, { status, statusReason, operation: undefined });
}
