import {
  CreateEventBusCommand,
  DeleteEventBusCommand,
  DeleteRuleCommand,
  DescribeEventBusCommand,
  DescribeRuleCommand,
  PutPermissionCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemovePermissionCommand,
  RemoveTargetsCommand,
  TagResourceCommand,
  type Target,
  UntagResourceCommand,
  UpdateEventBusCommand,
} from "@aws-sdk/client-eventbridge";
import type { Json, JsonObject } from "@turnpike/cloudformation";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { createOnce, document, goneTags, list, number, object, present, stated, tagList, text } from "./values.ts";

const rule = defineProvider({
  type: "AWS::Events::Rule",
  properties: [
    "Description",
    "EventBusName",
    "EventPattern",
    "Name",
    "RoleArn",
    "ScheduleExpression",
    "State",
    "Tags",
    "Targets",
  ],
  required: [],
  takesTags: true,
  async create(call) {
    const name = text(call.properties.Name) ?? call.name(64);
    await putRule(call, name, {});
    return madeRule(call, name);
  },
  async update(call, { physicalId, properties }) {
    await putRule(call, nameOf(physicalId), properties);
    return madeRule(call, nameOf(physicalId));
  },
  async remove(call, { physicalId, properties }) {
    const bus = text(properties.EventBusName);
    const Ids = targetIds(properties);
    if (Ids.length > 0) {
      await call.send(new RemoveTargetsCommand({ Rule: nameOf(physicalId), EventBusName: bus, Ids, Force: true }));
    }
    await call.send(new DeleteRuleCommand({ Name: nameOf(physicalId), EventBusName: bus }));
  },
  async read(call, { physicalId }) {
    const EventBusName = text(call.properties.EventBusName);
    const found = await call.send(new DescribeRuleCommand({ Name: nameOf(physicalId), EventBusName }));
    return stated(call, {
      Description: found.Description,
      EventPattern: found.EventPattern === undefined ? undefined : (JSON.parse(found.EventPattern) as Json),
      ScheduleExpression: found.ScheduleExpression,
      State: found.State,
    });
  },
});

/** On a bus of one's own a rule's physical id is `<bus>|<rule>`. */
const nameOf = (physicalId: string) => physicalId.split("|").at(-1) ?? physicalId;

async function putRule(call: ProviderCall, name: string, before: JsonObject): Promise<void> {
  const { properties, send } = call;
  const bus = text(properties.EventBusName);
  await send(
    new PutRuleCommand({
      Name: name,
      EventBusName: bus,
      Description: text(properties.Description),
      ...(properties.EventPattern === undefined ? {} : { EventPattern: document(properties.EventPattern) }),
      ScheduleExpression: text(properties.ScheduleExpression),
      RoleArn: text(properties.RoleArn),
      State: (text(properties.State) ?? "ENABLED") as "ENABLED",
      Tags: tagList(call),
    }),
  );
  call.initiated(physicalIdOf(bus, name));
  const ids = targetIds(properties);
  const gone = targetIds(before).filter((id) => !ids.includes(id));
  if (gone.length > 0) await send(new RemoveTargetsCommand({ Rule: name, EventBusName: bus, Ids: gone }));
  const Targets = list(properties.Targets).map((target) => readTarget(object(target)));
  if (Targets.length > 0) await send(new PutTargetsCommand({ Rule: name, EventBusName: bus, Targets }));
}

/** Numbers may have come as text. */
function readTarget(given: JsonObject): Target {
  const retry = object(given.RetryPolicy);
  const RetryPolicy = present({
    MaximumRetryAttempts: number(retry.MaximumRetryAttempts),
    MaximumEventAgeInSeconds: number(retry.MaximumEventAgeInSeconds),
  });
  return { ...given, ...(given.RetryPolicy === undefined ? {} : { RetryPolicy }) } as unknown as Target;
}

const targetIds = (properties: JsonObject) =>
  list(properties.Targets).map((target: Json) => text(object(target).Id) ?? "");
const physicalIdOf = (bus: string | undefined, name: string) => (bus && bus !== "default" ? `${bus}|${name}` : name);

function madeRule(call: ProviderCall, name: string): Made {
  const bus = text(call.properties.EventBusName);
  const path = bus && bus !== "default" ? `${bus}/${name}` : name;
  const Arn = `arn:aws:events:${call.region}:${call.account}:rule/${path}`;
  return { physicalId: physicalIdOf(bus, name), attributes: { Arn } };
}

const bus = defineProvider({
  type: "AWS::Events::EventBus",
  properties: ["Description", "Name", "Policy", "Tags"],
  required: ["Name"],
  takesTags: true,
  async create(call) {
    const name = text(call.properties.Name) ?? "";
    const Description = text(call.properties.Description);
    await createOnce(call, () =>
      call.send(new CreateEventBusCommand({ Name: name, Description, Tags: tagList(call) })),
    );
    call.initiated(name);
    await putPolicy(call, name);
    return madeBus(call, name);
  },
  async update(call, { physicalId: name, tags }) {
    await call.send(new UpdateEventBusCommand({ Name: name, Description: text(call.properties.Description) }));
    await putPolicy(call, name);
    const made = madeBus(call, name);
    const ResourceARN = String(made.attributes.Arn);
    await call.send(new TagResourceCommand({ ResourceARN, Tags: tagList(call) }));
    const TagKeys = goneTags(call, tags);
    if (TagKeys.length > 0) await call.send(new UntagResourceCommand({ ResourceARN, TagKeys }));
    return made;
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteEventBusCommand({ Name: physicalId }));
  },
});

async function putPolicy(call: ProviderCall, name: string): Promise<void> {
  const { Policy } = call.properties;
  if (Policy !== undefined) {
    await call.send(new PutPermissionCommand({ EventBusName: name, Policy: document(Policy) }));
  } else await call.send(new RemovePermissionCommand({ EventBusName: name, RemoveAllPermissions: true }));
}

function madeBus({ region, account, properties }: ProviderCall, name: string): Made {
  const Arn = `arn:aws:events:${region}:${account}:event-bus/${name}`;
  const Policy = properties.Policy === undefined ? "" : document(properties.Policy);
  return { physicalId: name, attributes: { Arn, Name: name, Policy } };
}

/** One statement of a bus's policy, under its id. */
const busPolicy = defineProvider({
  type: "AWS::Events::EventBusPolicy",
  properties: ["EventBusName", "Statement", "StatementId"],
  required: ["Statement", "StatementId"],
  takesTags: false,
  create: putStatement,
  update: putStatement,
  async remove(call, { properties }) {
    const StatementId = text(properties.StatementId);
    await call.send(new RemovePermissionCommand({ EventBusName: text(properties.EventBusName), StatementId }));
  },
});

async function putStatement(call: ProviderCall): Promise<Made> {
  const { EventBusName, Statement, StatementId } = call.properties;
  const Name = text(EventBusName);
  const Sid = text(StatementId) ?? "";
  // The service replaces a policy as a whole: the others' statements go along.
  const { Policy } = await call.send(new DescribeEventBusCommand({ Name }));
  const { Statement: before } = JSON.parse(Policy ?? '{"Statement":[]}') as { Statement: { Sid?: string }[] };
  const others = before.filter((statement) => statement.Sid !== Sid);
  const all = [...others, { Sid, ...object(Statement) }];
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: all });
  await call.send(new PutPermissionCommand({ EventBusName: Name, Policy: policy }));
  return { physicalId: `${Name ?? "default"}|${Sid}`, attributes: {} };
}

export const eventProviders = [rule, bus, busPolicy];
