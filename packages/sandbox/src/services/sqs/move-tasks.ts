import type * as sdk from "@aws-sdk/client-sqs";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { engineOf } from "./messages.ts";
import { type QueueRecord, queuesOf, redrivePolicy } from "./queues.ts";

interface MoveTask {
  readonly id: string;
  readonly sourceArn: string;
  /** Left out: each message goes back to where it came from. */
  readonly destinationArn?: string | undefined;
  readonly perSecond?: number | undefined;
  readonly status: "RUNNING" | "COMPLETED" | "CANCELLED" | "FAILED";
  readonly failure?: string | undefined;
  readonly toMove: number;
  readonly moved: number;
  readonly startedAtMs: number;
}

const MOST_RESULTS = 10;
const CHUNK = 100;

const tasksOf = (from: Pick<Context, "collection">) => from.collection<MoveTask>("move tasks");

const notFound = (message: string) => new AwsError("ResourceNotFoundException", message);
const invalid = (message: string) => new AwsError("InvalidParameterValue", message);
const noSource = () => notFound("The resource that you specified for the SourceArn parameter doesn't exist.");

const queueOfArn = (context: Context, arn = ""): QueueRecord | undefined => {
  const queue = queuesOf(context).get(arn.split(":")[5] ?? "");
  return queue?.arn === arn ? queue : undefined;
};

/** Goes on with tasks that an earlier start of the sandbox had begun. */
export function resumeMoves(runtime: ServiceRuntime): void {
  for (const scope of runtime.scopes()) {
    for (const { value } of tasksOf(runtime.storeOf(scope.account, scope.region)).list()) {
      if (value.status === "RUNNING") void move(runtime, scope, value.id);
    }
  }
}

/** Moves what lies in the source, all at once or so many a second; each step is on disk before the next. */
async function move(runtime: ServiceRuntime, scope: { account: string; region: string }, id: string): Promise<void> {
  const context = runtime.contextFor(scope.account, scope.region);
  const { messages, wake } = engineOf(runtime);
  for (;;) {
    if (engineOf(runtime).stopping) return;
    const woken = new Set<string>();
    const goesOn = context.store.transaction(() => {
      const task = tasksOf(context).get(id);
      if (task?.status !== "RUNNING") return false;
      const left = task.toMove - task.moved;
      const some = messages.oldest(task.sourceArn, Math.min(task.perSecond ?? CHUNK, left));
      let moved = 0;
      for (const message of some) {
        const target = task.destinationArn ?? message.deadLetterSource ?? "";
        if (!queueOfArn(context, target)) {
          const failure = "AWS.SimpleQueueService.NonExistentQueue";
          tasksOf(context).put(id, { ...task, moved: task.moved + moved, status: "FAILED", failure });
          return false;
        }
        messages.redrive(message.id, target, context.clock.now().getTime());
        woken.add(target);
        moved++;
      }
      const isOver = some.length === 0 || task.moved + moved >= task.toMove;
      tasksOf(context).put(id, { ...task, moved: task.moved + moved, status: isOver ? "COMPLETED" : "RUNNING" });
      return !isOver;
    });
    for (const queue of woken) wake(queue);
    if (!goesOn) return;
    const { perSecond } = tasksOf(context).get(id) ?? {};
    // Even at full speed others have their turn between two steps.
    await (perSecond === undefined ? new Promise((resolve) => setImmediate(resolve)) : engineOf(runtime).pause(1000));
  }
}

function handleOf({ id, sourceArn }: MoveTask): string {
  return Buffer.from(JSON.stringify({ taskId: id, sourceArn })).toString("base64");
}

function readHandle(handle = ""): { taskId: string; sourceArn: string } {
  try {
    const { taskId, sourceArn } = JSON.parse(Buffer.from(handle, "base64").toString()) as Record<string, unknown>;
    if (typeof taskId === "string" && typeof sourceArn === "string") return { taskId, sourceArn };
  } catch {
    // Told below, like a handle that is JSON but no handle.
  }
  throw invalid("Value for parameter TaskHandle is invalid.");
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html */
export const moveOperations: Operations<typeof sdk> = {
  StartMessageMoveTask(context, { SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond: perSecond }) {
    const source = queueOfArn(context, SourceArn);
    if (!source) throw noSource();
    const isDeadLetterQueue = queuesOf(context)
      .list()
      .some(({ value }) => redrivePolicy(value)?.deadLetterTargetArn === source.arn);
    if (!isDeadLetterQueue) throw invalid("Source queue must be configured as a Dead Letter Queue.");
    if (DestinationArn !== undefined && !queueOfArn(context, DestinationArn)) {
      throw notFound("The resource that you specified for the DestinationArn parameter doesn't exist.");
    }
    const tasks = tasksOf(context)
      .list()
      .map(({ value }) => value);
    if (tasks.some(({ sourceArn, status }) => sourceArn === source.arn && status === "RUNNING")) {
      throw invalid(
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
      );
    }
    const nowMs = context.clock.now().getTime();
    const { visible, inFlight, delayed } = engineOf(context.runtime).messages.counts(source.arn, nowMs);
    const task: MoveTask = {
      id: context.random.uuid(),
      sourceArn: source.arn,
      destinationArn: DestinationArn,
      perSecond,
      status: "RUNNING",
      toMove: visible + inFlight + delayed,
      moved: 0,
      startedAtMs: nowMs,
    };
    tasksOf(context).put(task.id, task);
    void move(context.runtime, context, task.id);
    return { TaskHandle: handleOf(task) };
  },

  ListMessageMoveTasks(context, { SourceArn, MaxResults = 1 }) {
    const source = queueOfArn(context, SourceArn);
    if (!source) throw noSource();
    if (MaxResults < 1 || MaxResults > MOST_RESULTS) {
      const reason = `Must be between 1 and ${MOST_RESULTS}, if provided.`;
      throw invalid(`Value ${MaxResults} for parameter MaxResults is invalid. Reason: ${reason}`);
    }
    const tasks = tasksOf(context)
      .list()
      .map(({ value }) => value)
      .filter(({ sourceArn }) => sourceArn === source.arn)
      .sort((a, b) => b.startedAtMs - a.startedAtMs);
    const Results = tasks.slice(0, MaxResults).map((task) => ({
      ...(task.status === "RUNNING" ? { TaskHandle: handleOf(task) } : {}),
      Status: task.status,
      SourceArn: task.sourceArn,
      DestinationArn: task.destinationArn,
      MaxNumberOfMessagesPerSecond: task.perSecond,
      ApproximateNumberOfMessagesMoved: task.moved,
      ApproximateNumberOfMessagesToMove: task.toMove,
      FailureReason: task.failure,
      StartedTimestamp: task.startedAtMs,
    }));
    return { Results };
  },

  CancelMessageMoveTask(context, { TaskHandle }) {
    const { taskId, sourceArn } = readHandle(TaskHandle);
    if (!queueOfArn(context, sourceArn)) throw noSource();
    const task = tasksOf(context).get(taskId);
    if (task?.status !== "RUNNING") throw notFound("Task does not exist.");
    tasksOf(context).put(taskId, { ...task, status: "CANCELLED" });
    return { ApproximateNumberOfMessagesMoved: task.moved };
  },
};
