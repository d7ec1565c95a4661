import type * as sdk from "@aws-sdk/client-eventbridge";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import { parsePolicy } from "../../core/policy.ts";
import type { Operations } from "../../core/service.ts";
import {
  type BusRecord,
  busArn,
  DEFAULT_BUS,
  findBus,
  getBus,
  listBuses,
  policyOf,
  removeBus,
  rules,
  saveBus,
  targets,
} from "./records.ts";
import { pokeSchedules } from "./schedules.ts";

const NAME = /^[.\-_A-Za-z0-9]{1,256}$/;

const show = (bus: BusRecord) => ({
  Name: bus.name,
  Arn: bus.arn,
  Description: bus.description,
  Policy: policyOf(bus),
  ...(bus.createdAtMs === 0
    ? {}
    : { CreationTime: new Date(bus.createdAtMs), LastModifiedTime: new Date(bus.modifiedAtMs) }),
});

const change = (context: Context, bus: BusRecord, settings: Partial<BusRecord>) =>
  saveBus(context, { ...bus, ...settings, modifiedAtMs: context.clock.now().getTime() });

export const busOperations: Operations<typeof sdk> = {
  CreateEventBus(context, input) {
    const { Name: name = "", Description: description, Tags: tags = [] } = input;
    if (!NAME.test(name) || name === DEFAULT_BUS) {
      throw new AwsError("ValidationException", `Event bus name "${name}" must match [.\\-_A-Za-z0-9]{1,256}.`);
    }
    if (input.EventSourceName ?? input.KmsKeyIdentifier ?? input.DeadLetterConfig?.Arn) {
      const message = "sandbox: partner sources, keys and dead-letter queues of event buses are not implemented";
      throw new AwsError("NotImplemented", message, { status: 501 });
    }
    if (findBus(context, name)) {
      throw new AwsError("ResourceAlreadyExistsException", `Event bus ${name} already exists.`);
    }
    const nowMs = context.clock.now().getTime();
    const arn = busArn(context, name);
    saveBus(context, { name, arn, description, statements: [], tags, createdAtMs: nowMs, modifiedAtMs: nowMs });
    return { EventBusArn: arn, Description: description };
  },

  UpdateEventBus(context, { Name, Description }) {
    const bus = getBus(context, Name);
    change(context, bus, { description: Description });
    return { Arn: bus.arn, Name: bus.name, Description };
  },

  DeleteEventBus(context, { Name }) {
    const bus = findBus(context, Name);
    // One that isn't there counts as deleted.
    if (!bus) return {};
    if (bus.name === DEFAULT_BUS) throw new AwsError("ValidationException", "Cannot delete event bus default.");
    context.store.transaction(() => {
      for (const { value: rule } of rules(context, bus.name).list()) {
        for (const { key } of targets(context, rule).list()) targets(context, rule).delete(key);
        rules(context, bus.name).delete(rule.name);
      }
      removeBus(context, bus.name);
    });
    pokeSchedules(context.runtime);
    return {};
  },

  DescribeEventBus: (context, { Name }) => show(getBus(context, Name)),

  ListEventBuses(context, { NamePrefix = "", NextToken, Limit }) {
    const all = listBuses(context)
      .filter(({ name }) => name.startsWith(NamePrefix))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const { items, nextToken } = page(all, ({ name }) => name, { token: NextToken, size: Limit });
    return { EventBuses: items.map(show), NextToken: nextToken };
  },

  PutPermission(context, { EventBusName, Action, Principal, StatementId, Condition, Policy }) {
    const bus = getBus(context, EventBusName);
    if (Policy !== undefined) {
      parsePolicy(Policy);
      const { Statement } = JSON.parse(Policy) as { Statement: object | object[] };
      change(context, bus, { statements: Array.isArray(Statement) ? Statement : [Statement] });
      return {};
    }
    const statement = {
      Sid: StatementId,
      Effect: "Allow",
      Principal: Principal === "*" ? "*" : { AWS: `arn:aws:iam::${Principal}:root` },
      Action: Action ?? "events:PutEvents",
      Resource: bus.arn,
      ...(Condition ? { Condition: { [Condition.Type ?? ""]: { [Condition.Key ?? ""]: Condition.Value } } } : {}),
    };
    const others = bus.statements.filter((one) => (one as { Sid?: string }).Sid !== StatementId);
    change(context, bus, { statements: [...others, statement] });
    return {};
  },

  RemovePermission(context, { EventBusName, StatementId, RemoveAllPermissions }) {
    const bus = getBus(context, EventBusName);
    const left = RemoveAllPermissions
      ? []
      : bus.statements.filter((one) => (one as { Sid?: string }).Sid !== StatementId);
    if (!RemoveAllPermissions && left.length === bus.statements.length) {
      throw new AwsError("ResourceNotFoundException", "Statement with the provided id does not exist.");
    }
    change(context, bus, { statements: left });
    return {};
  },
};
