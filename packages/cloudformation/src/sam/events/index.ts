import { isObject, type JsonObject } from "../../json.ts";
import { type Draft, Refusal } from "../context.ts";
import { checkProperties } from "../properties.ts";
import { type Event, type EventOwner, eventOf } from "./event.ts";
import { expandHttpApiEvent, HTTP_API_EVENT } from "./http-api.ts";
import { expandRule, FUNCTION_RULE, MACHINE_RULE } from "./rule.ts";
import { expandSchedule, FUNCTION_SCHEDULE, MACHINE_SCHEDULE } from "./schedule.ts";
import { expandScheduler, SCHEDULER } from "./scheduler.ts";
import { expandSns, SNS } from "./sns.ts";
import { DYNAMODB, expandDynamodb, expandSqs, SQS } from "./stream.ts";

interface EventType {
  readonly rules: Parameters<typeof checkProperties>[3];
  readonly expand: (event: Event) => Draft[];
}

const OF_FUNCTIONS: Record<string, EventType> = {
  HttpApi: { rules: HTTP_API_EVENT, expand: expandHttpApiEvent },
  SQS: { rules: SQS, expand: expandSqs },
  DynamoDB: { rules: DYNAMODB, expand: expandDynamodb },
  SNS: { rules: SNS, expand: expandSns },
  Schedule: { rules: FUNCTION_SCHEDULE, expand: expandSchedule },
  ScheduleV2: { rules: SCHEDULER, expand: expandScheduler },
  EventBridgeRule: { rules: FUNCTION_RULE, expand: expandRule },
  CloudWatchEvent: { rules: FUNCTION_RULE, expand: expandRule },
};

const OF_MACHINES: Record<string, EventType> = {
  Schedule: { rules: MACHINE_SCHEDULE, expand: expandSchedule },
  ScheduleV2: { rules: SCHEDULER, expand: expandScheduler },
  EventBridgeRule: { rules: MACHINE_RULE, expand: expandRule },
  CloudWatchEvent: { rules: MACHINE_RULE, expand: expandRule },
};

/** What a function's events make. The default route comes first: other routes then need no permission. Raises `Refusal`. */
export function expandFunctionEvents(owner: EventOwner): Draft[] {
  const order = ([name, event]: [string, JsonObject]): string => {
    const properties = isObject(event.Properties) ? event.Properties : {};
    return typeof properties.Path === "string" ? properties.Path : name;
  };
  const events = declaredEvents(owner).sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0));
  return expandEach(owner, events, OF_FUNCTIONS);
}

/** What a state machine's events make. Raises `Refusal`. */
export function expandMachineEvents(owner: EventOwner): Draft[] {
  return expandEach(owner, declaredEvents(owner), OF_MACHINES);
}

function declaredEvents(owner: EventOwner): [string, JsonObject][] {
  const { Events: events } = owner.source.properties;
  return Object.entries(isObject(events) ? events : {}).map(([name, event]) => {
    if (isObject(event)) return [name, event];
    const message = `Resource with id [${owner.source.id}] is invalid. Event with id [${name}] is invalid. An event is a map.`;
    throw new Refusal([...owner.source.path, "Events", name], message);
  });
}

function expandEach(
  owner: EventOwner,
  events: readonly [string, JsonObject][],
  types: Record<string, EventType>,
): Draft[] {
  return events.flatMap(([name, given]) => {
    const { Type: named } = given;
    const type = typeof named === "string" && Object.hasOwn(types, named) ? types[named] : undefined;
    const path = [...owner.source.path, "Events", name];
    if (!type) {
      const message = `Resource with id [${owner.source.id}] is invalid. Event with id [${name}] is invalid. Event type '${String(named)}' isn't supported (${Object.keys(types).join(", ")} are).`;
      throw new Refusal(path, message);
    }
    const event = eventOf(owner, name, given);
    checkProperties(owner.transform.findings, event, event.properties, type.rules);
    return type.expand(event);
  });
}
