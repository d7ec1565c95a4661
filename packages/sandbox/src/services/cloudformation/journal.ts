import type { ResourceStatus, StackStatus } from "@aws-sdk/client-cloudformation";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import {
  eventsOf,
  type ResourceRecord,
  resourceKey,
  resourcesOf,
  type StackRecord,
  stacksOf,
  uuidOf,
} from "./records.ts";

declare module "../../core/context.ts" {
  interface SandboxSignals {
    /** A stack reached a status in which nothing goes on: whoever waits for it need not ask again and again. */
    "cloudformation.settled": {
      type: "cloudformation.settled";
      account: string;
      region: string;
      stackId: string;
      stackName: string;
      status: StackStatus;
    };
  }
}

/** Writes states and the events that tell of them, together. */
export interface Journal {
  stack(stackId: string): StackRecord | undefined;
  /** Changes a stack; a new status is an event, and is told to EventBridge. */
  putStack(stack: StackRecord, change: Partial<StackRecord>): StackRecord;
  /** Changes a resource; every call that gives a status is an event. */
  putResource(stack: StackRecord, record: ResourceRecord, change: ResourceChange): ResourceRecord;
  /** Tells of a resource that the record no longer stands for: one that was replaced. */
  tell(stack: StackRecord, record: ResourceRecord, status: ResourceStatus, reason?: string): void;
}

type ResourceChange = Partial<ResourceRecord> & { reason?: string | undefined };

export function createJournal(context: Context): Journal {
  const { store } = context;
  const now = () => context.clock.now().toISOString();

  const tell = (
    stack: StackRecord,
    event: {
      logicalId: string;
      physicalId: string;
      type: string;
      status: ResourceStatus;
      reason: string | undefined;
      properties?: string;
    },
  ) => {
    const at = now();
    const events = eventsOf(store);
    const prefix = `${uuidOf(stack.id)}/`;
    // Event ids are unique and say what they are about, as AWS's are; the key keeps their order.
    const counts = store.collection<number>("event-counts");
    const count = counts.get(prefix) ?? 0;
    counts.put(prefix, count + 1);
    const number = String(count).padStart(8, "0");
    const isStack = event.type === "AWS::CloudFormation::Stack";
    events.put(`${prefix}${number}`, {
      id: isStack ? context.random.uuid() : `${event.logicalId}-${event.status}-${at}-${number}`,
      ...event,
      properties: event.properties,
      at,
      token: stack.operation?.token,
    });
  };

  return {
    stack: (stackId) => stacksOf(store).get(stackId),
    putStack(stack, change) {
      const next: StackRecord = { ...stack, ...change };
      store.transaction(() => {
        stacksOf(store).put(stack.id, next);
        if (change.status) {
          const { id: physicalId, name: logicalId, status, statusReason: reason } = next;
          const type = "AWS::CloudFormation::Stack";
          // The operation's last event still carries its token, though the operation is over.
          const operation = next.operation ?? stack.operation;
          tell({ ...next, operation }, { logicalId, physicalId, type, status: status as ResourceStatus, reason });
        }
      });
      if (change.status) announce(context, next);
      return next;
    },
    putResource(stack, record, { reason, ...change }) {
      const next: ResourceRecord = { ...record, ...change, statusReason: reason, at: now() };
      store.transaction(() => {
        resourcesOf(store).put(resourceKey(stack.id, record.logicalId), next);
        if (!change.status) return;
        const { logicalId, physicalId = "", type, status } = next;
        tell(stack, { logicalId, physicalId, type, status, reason, properties: JSON.stringify(next.properties) });
      });
      return next;
    },
    tell(stack, record, status, reason) {
      const { logicalId, physicalId = "", type } = record;
      store.transaction(() => tell(stack, { logicalId, physicalId, type, status, reason }));
    },
  };
}

function announce(context: Context, stack: StackRecord): void {
  const { account, region } = context;
  const { id: stackId, name: stackName, status } = stack;
  if (!status.endsWith("IN_PROGRESS")) {
    context.signals.emit({ type: "cloudformation.settled", account, region, stackId, stackName, status });
  }
  const detail = {
    "stack-id": stackId,
    "status-details": { status, "status-reason": stack.statusReason ?? "" },
    "client-request-token": stack.operation?.token ?? "",
  };
  const entry = {
    Source: "aws.cloudformation",
    DetailType: "CloudFormation Stack Status Change",
    Resources: [stackId],
    Detail: JSON.stringify(detail),
  };
  const send = async () => {
    try {
      await context.send(new PutEventsCommand({ Entries: [entry] }));
    } catch (error) {
      if (error instanceof AwsError && error.code === "NotImplemented") return;
      context.log("cloudformation.event-lost", { stackId, status, error: String(error) });
    }
  };
  onTheirWay.set(context.runtime, (onTheirWay.get(context.runtime) ?? Promise.resolve()).then(send));
}

/** Events on their way, one after the other. A stack doesn't wait for EventBridge, nor fail with it. */
const onTheirWay = new WeakMap<ServiceRuntime, Promise<void>>();

/** Resolves when all that was told to EventBridge so far is there. */
export const announced = (runtime: ServiceRuntime): Promise<void> => onTheirWay.get(runtime) ?? Promise.resolve();
