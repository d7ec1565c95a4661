import type { Context, ServiceRuntime } from "../../core/context.ts";
import type { Running } from "../../core/service.ts";
import { announced } from "../codebuild/announce.ts";
import { prepareAction, runAction } from "./launch.ts";
import {
  type ActionOutcome,
  type ActionRecord,
  actionsOf,
  active,
  activeExecutions,
  declarationOf,
  type ExecutionRecord,
  pipelines,
  requirePipeline,
} from "./records.ts";
import * as transitions from "./transitions.ts";
import { watchPushes } from "./triggers.ts";

/** Moves executions through their pipelines. Every step is on disk before anything follows from it. */
export interface Engine {
  begin(context: Context, pipeline: string, start: transitions.Start): ExecutionRecord;
  /** Lets executions that wait enter every stage that is free. */
  advance(context: Context, pipeline: string): void;
  /** Ends an action from outside, as the answer to an approval does; false when it is over already. */
  settle(context: Context, action: ActionRecord, outcome: ActionOutcome): boolean;
  /** Stops an execution where it is, or abandons what it runs. */
  stop(context: Context, execution: ExecutionRecord, request: { abandon: boolean; reason: string }): void;
  retry(context: Context, execution: ExecutionRecord, stage: string, allActions: boolean): void;
  /** Ends all executions of a pipeline without another step: it was changed, or is about to be deleted. */
  cancel(context: Context, pipeline: string, options: { quietly: boolean }): void;
}

interface RunningEngine extends Engine {
  /** Takes up what was under way in an account when the sandbox ended. */
  resume(context: Context): void;
  close(): Promise<void>;
}

const engines = new WeakMap<ServiceRuntime, RunningEngine>();

/** Made when it is first needed: a stack that CloudFormation goes on with may make a pipeline before this service starts. */
function runningEngine(runtime: ServiceRuntime): RunningEngine {
  const engine = engines.get(runtime) ?? createEngine(runtime);
  engines.set(runtime, engine);
  return engine;
}

export const engineOf: (runtime: ServiceRuntime) => Engine = runningEngine;

/** Watches pushes and takes up what was under way when the sandbox ended. */
export function startEngine(runtime: ServiceRuntime): Running {
  const engine = runningEngine(runtime);
  const unwatch = watchPushes(runtime, engine.begin);
  for (const { account, region } of runtime.scopes()) engine.resume(runtime.contextFor(account, region));
  return {
    async stop() {
      unwatch();
      await engine.close();
      await announced(runtime);
      engines.delete(runtime);
    },
  };
}

function createEngine(runtime: ServiceRuntime): RunningEngine {
  const running = new Map<string, { controller: AbortController; done: Promise<void> }>();
  let closing = false;

  const launch = (context: Context, action: ActionRecord, resumed: boolean) => {
    const controller = new AbortController();
    const { signal } = controller;
    const done = runAction(context, action, { signal, resumed })
      .finally(() => running.delete(action.key))
      .then((outcome) => {
        if (!closing && !signal.aborted) engine.settle(context, action, outcome);
      })
      .catch((error: unknown) => {
        runtime.log("codepipeline.broken", { action: action.key, error: String(error) });
      });
    running.set(action.key, { controller, done });
  };

  const forget = (key: string) => {
    running.get(key)?.controller.abort(new Error("This action is over."));
    running.delete(key);
  };

  /** Starts the actions whose turn it is in the stage that an execution is in. */
  const startActions = (context: Context, execution: ExecutionRecord) => {
    const { roleArn } = declarationOf(context, execution);
    const started = context.store.transaction(() =>
      transitions.nextActions(context, execution).map((action) => prepareAction(context, execution, action, roleArn)),
    );
    for (const action of started) launch(context, action, false);
  };

  const engine: RunningEngine = {
    begin(context, pipeline, start) {
      const execution = transitions.createExecution(context, requirePipeline(context, pipeline), start);
      engine.advance(context, pipeline);
      return execution;
    },

    advance(context, pipeline) {
      for (;;) {
        const entered = context.store.transaction(() => transitions.enterFreeStage(context, pipeline));
        if (!entered) return;
        startActions(context, entered);
      }
    },

    settle(context, action, outcome) {
      const execution = context.store.transaction(() => transitions.endAction(context, action.key, outcome));
      if (!execution) return false;
      forget(action.key);
      const next = context.store.transaction(() => transitions.afterAction(context, execution));
      if (next === "actions") startActions(context, execution);
      if (next !== "wait") engine.advance(context, execution.pipeline);
      return true;
    },

    stop(context, execution, request) {
      const abandoned = context.store.transaction(() => transitions.stopExecution(context, execution, request));
      for (const key of abandoned) forget(key);
      engine.advance(context, execution.pipeline);
    },

    retry(context, execution, stage, allActions) {
      context.store.transaction(() => transitions.reenterStage(context, execution, stage, allActions));
      startActions(context, execution);
    },

    cancel(context, pipeline, options) {
      const abandoned = context.store.transaction(() => transitions.cancelExecutions(context, pipeline, options));
      for (const key of abandoned) forget(key);
    },

    resume(context) {
      const names = new Set(
        active(context)
          .list()
          .map(({ key }) => key.split("\0")[0] ?? ""),
      );
      for (const name of names) {
        if (!pipelines(context).get(name)) continue;
        for (const execution of activeExecutions(context, name)) {
          const under = actionsOf(context, execution.id).filter(({ status }) => status === "InProgress");
          for (const action of under) if (!running.has(action.key)) launch(context, action, true);
          if (execution.place !== "inside" || under.length > 0) continue;
          // It ended between an action's end and the next one's start.
          const next = context.store.transaction(() => transitions.afterAction(context, execution));
          if (next === "actions") startActions(context, execution);
        }
        engine.advance(context, name);
      }
    },

    async close() {
      closing = true;
      const all = [...running.values()];
      for (const { controller } of all) controller.abort(new Error("The sandbox is stopping."));
      await Promise.all(all.map(({ done }) => done));
    },
  };
  return engine;
}
