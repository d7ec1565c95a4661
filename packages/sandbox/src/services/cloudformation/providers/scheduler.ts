import {
  CreateScheduleCommand,
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  DeleteScheduleGroupCommand,
  type FlexibleTimeWindow,
  GetScheduleCommand,
  TagResourceCommand,
  type Target,
  UntagResourceCommand,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import type { JsonObject } from "@turnpike/cloudformation";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { createOnce, goneTags, number, object, present, stated, tagList, text } from "./values.ts";

const DEFAULT_GROUP = "default";

const schedule = defineProvider({
  type: "AWS::Scheduler::Schedule",
  properties: [
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "GroupName",
    "Name",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "State",
    "Target",
  ],
  required: ["FlexibleTimeWindow", "ScheduleExpression", "Target"],
  takesTags: false,
  async create(call) {
    const name = text(call.properties.Name) ?? call.name(64);
    await createOnce(call, () => call.send(new CreateScheduleCommand(settings(call, name))));
    return madeSchedule(call, name);
  },
  async update(call, { physicalId: name }) {
    await call.send(new UpdateScheduleCommand(settings(call, name)));
    return madeSchedule(call, name);
  },
  async remove(call, { physicalId, properties }) {
    await call.send(new DeleteScheduleCommand({ Name: physicalId, GroupName: text(properties.GroupName) }));
  },
  async read(call, { physicalId: Name, properties }) {
    const GroupName = text(properties.GroupName);
    const found = await call.send(new GetScheduleCommand({ Name, ...(GroupName ? { GroupName } : {}) }));
    return stated(call, {
      Description: found.Description,
      ScheduleExpression: found.ScheduleExpression,
      ScheduleExpressionTimezone: found.ScheduleExpressionTimezone,
      State: found.State,
    });
  },
});

function settings({ properties }: ProviderCall, Name: string) {
  const window = object(properties.FlexibleTimeWindow);
  const date = (value: string | undefined) => (value === undefined ? undefined : new Date(value));
  const FlexibleTimeWindow = present({
    Mode: text(window.Mode),
    MaximumWindowInMinutes: number(window.MaximumWindowInMinutes),
  }) as FlexibleTimeWindow;
  return {
    ...present({
      GroupName: text(properties.GroupName),
      Description: text(properties.Description),
      ScheduleExpressionTimezone: text(properties.ScheduleExpressionTimezone),
      StartDate: date(text(properties.StartDate)),
      EndDate: date(text(properties.EndDate)),
    }),
    Name,
    State: (text(properties.State) ?? "ENABLED") as "ENABLED",
    ScheduleExpression: text(properties.ScheduleExpression) ?? "",
    FlexibleTimeWindow,
    Target: readTarget(object(properties.Target)),
  };
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

async function madeSchedule(call: ProviderCall, Name: string): Promise<Made> {
  const GroupName = text(call.properties.GroupName) ?? DEFAULT_GROUP;
  const { Arn = "" } = await call.send(new GetScheduleCommand({ Name, GroupName }));
  return { physicalId: Name, attributes: { Arn } };
}

const group = defineProvider({
  type: "AWS::Scheduler::ScheduleGroup",
  properties: ["Name", "Tags"],
  required: [],
  takesTags: true,
  async create(call) {
    const name = text(call.properties.Name) ?? call.name(64);
    await createOnce(call, () => call.send(new CreateScheduleGroupCommand({ Name: name, Tags: tagList(call) })));
    return madeGroup(call, name);
  },
  async update(call, { physicalId: name, tags }) {
    const { attributes } = madeGroup(call, name);
    const ResourceArn = String(attributes.Arn);
    await call.send(new TagResourceCommand({ ResourceArn, Tags: tagList(call) }));
    const TagKeys = goneTags(call, tags);
    if (TagKeys.length > 0) await call.send(new UntagResourceCommand({ ResourceArn, TagKeys }));
    return madeGroup(call, name);
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteScheduleGroupCommand({ Name: physicalId }));
  },
});

function madeGroup({ region, account }: ProviderCall, name: string): Made {
  const Arn = `arn:aws:scheduler:${region}:${account}:schedule-group/${name}`;
  return { physicalId: name, attributes: { Arn } };
}

export const scheduleProviders = [schedule, group];
