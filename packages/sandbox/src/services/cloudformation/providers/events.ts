import {
  DeleteRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  type Target,
} from "@aws-sdk/client-eventbridge";
import type { Json, JsonObject } from "@turnpike/cloudformation";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { document, list, object, tagList, text } from "./values.ts";

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
  const Targets = list(properties.Targets) as unknown as Target[];
  if (Targets.length > 0) await send(new PutTargetsCommand({ Rule: name, EventBusName: bus, Targets }));
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

export const eventProviders = [rule];
