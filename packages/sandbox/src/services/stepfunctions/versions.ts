import type * as sdk from "@aws-sdk/client-sfn";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import {
  type AliasRecord,
  aliases,
  getMachine,
  invalid,
  type MachineRecord,
  machineMissing,
  machines,
  readMachineArn,
  type VersionRecord,
  versionKey,
  versions,
} from "./records.ts";

/** Publishes the machine as it is. The same revision twice is one version, as on AWS. */
export function publish(context: Context, machine: MachineRecord, description = ""): VersionRecord {
  const known = versions(context)
    .list(`${machine.name}/`)
    .find(({ value }) => value.machine.revisionId === machine.revisionId)?.value;
  if (known) return known;
  const number = machine.nextVersion;
  const version: VersionRecord = {
    arn: `${machine.arn}:${number}`,
    number,
    machine,
    description,
    createdAtMs: context.clock.now().getTime(),
  };
  context.store.transaction(() => {
    versions(context).put(versionKey(machine.name, number), version);
    machines(context).put(machine.name, { ...machine, nextVersion: number + 1 });
  });
  return version;
}

/** The version that an ARN names, by its number or by an alias, which may give another one each time. */
export function resolveVersion(context: Context, arn: string): VersionRecord & { aliasArn?: string } {
  const { name, qualifier = "" } = readMachineArn(arn);
  if (/^\d+$/.test(qualifier)) {
    const version = versions(context).get(versionKey(name, Number(qualifier)));
    if (version) return version;
    throw machineMissing(arn);
  }
  const alias = aliases(context).get(`${name}/${qualifier}`);
  if (!alias) throw machineMissing(arn);
  let drawn = (Number.parseInt(context.random.hex(8), 16) / 2 ** 32) * 100;
  const chosen = alias.routing.find(({ weight = 0 }) => {
    drawn -= weight;
    return drawn < 0;
  });
  return { ...resolveVersion(context, chosen?.stateMachineVersionArn ?? ""), aliasArn: alias.arn };
}

function checkRouting(context: Context, routing: sdk.RoutingConfigurationListItem[]): string {
  const total = routing.reduce((sum, { weight = 0 }) => sum + weight, 0);
  if (routing.length < 1 || routing.length > 2 || total !== 100) {
    throw invalid("Sum of routing configuration weights must equal 100 over one or two versions");
  }
  const names = routing.map(({ stateMachineVersionArn: arn = "" }) => {
    const { name, qualifier = "" } = readMachineArn(arn);
    if (!/^\d+$/.test(qualifier)) {
      throw invalid(`Routing configuration must contain state machine version ARNs. Received: [${arn}]`);
    }
    resolveVersion(context, arn);
    return name;
  });
  const [first = ""] = names;
  if (names.some((name) => name !== first))
    throw invalid("Routing configuration must contain versions of one state machine");
  return first;
}

function createAlias(context: Context, input: sdk.CreateStateMachineAliasInput): sdk.CreateStateMachineAliasOutput {
  const name = input.name ?? "";
  if (!/^(?=.*[a-zA-Z_\-.])[a-zA-Z0-9_\-.]{1,80}$/.test(name)) {
    throw invalid(
      `1 validation error detected: Value '${name}' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$`,
    );
  }
  const routing = input.routingConfiguration ?? [];
  const machine = checkRouting(context, routing);
  const arn = `${machines(context).get(machine)?.arn}:${name}`;
  const nowMs = context.clock.now().getTime();
  const known = aliases(context).get(`${machine}/${name}`);
  const alias = { arn, name, description: input.description ?? "", routing, createdAtMs: nowMs, updatedAtMs: nowMs };
  if (known) {
    const isSame = known.description === alias.description && JSON.stringify(known.routing) === JSON.stringify(routing);
    if (!isSame) {
      const message = `Failed to create alias because an alias with the same name and a different routing configuration already exists.`;
      throw new AwsError("ConflictException", message);
    }
    return { stateMachineAliasArn: arn, creationDate: new Date(known.createdAtMs) };
  }
  aliases(context).put(`${machine}/${name}`, alias);
  return { stateMachineAliasArn: arn, creationDate: new Date(nowMs) };
}

function getAlias(context: Context, arn: string | undefined): { key: string; alias: AliasRecord } {
  const { name, qualifier } = readMachineArn(arn);
  const key = `${name}/${qualifier}`;
  const alias = aliases(context).get(key);
  if (alias) return { key, alias };
  throw new AwsError("ResourceNotFound", `Request references a resource that does not exist.`);
}

function updateAlias(context: Context, input: sdk.UpdateStateMachineAliasInput): sdk.UpdateStateMachineAliasOutput {
  const { key, alias } = getAlias(context, input.stateMachineAliasArn);
  if (input.routingConfiguration) checkRouting(context, input.routingConfiguration);
  const updatedAtMs = context.clock.now().getTime();
  aliases(context).put(key, {
    ...alias,
    description: input.description ?? alias.description,
    routing: input.routingConfiguration ?? alias.routing,
    updatedAtMs,
  });
  return { updateDate: new Date(updatedAtMs) };
}

function deleteVersion(
  context: Context,
  input: sdk.DeleteStateMachineVersionInput,
): sdk.DeleteStateMachineVersionOutput {
  const arn = input.stateMachineVersionArn;
  const { name, qualifier } = readMachineArn(arn);
  const users = aliases(context)
    .list(`${name}/`)
    .filter(({ value }) => value.routing.some(({ stateMachineVersionArn }) => stateMachineVersionArn === arn));
  if (users.length > 0) {
    const names = users.map(({ value }) => value.name).join(", ");
    throw new AwsError(
      "ConflictException",
      `Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [${names}]`,
    );
  }
  versions(context).delete(versionKey(name, Number(qualifier)));
  return {};
}

export const versionOperations: Operations<typeof sdk> = {
  PublishStateMachineVersion: (context, input) => {
    const machine = getMachine(context, input.stateMachineArn);
    if (input.revisionId !== undefined && input.revisionId !== (machine.revisionId ?? "INITIAL")) {
      const message = `Failed to publish the State Machine version for revision ${input.revisionId}. The current State Machine revision is ${machine.revisionId}.`;
      throw new AwsError("ConflictException", message);
    }
    const { arn, createdAtMs } = publish(context, machine, input.description);
    return { stateMachineVersionArn: arn, creationDate: new Date(createdAtMs) };
  },
  ListStateMachineVersions: (context, input) => {
    const { name } = getMachine(context, input.stateMachineArn);
    const all = versions(context)
      .list(`${name}/`)
      .map(({ value }) => value)
      .reverse();
    const { items, nextToken } = page(all, ({ number }) => String(1e10 - number).padStart(11, "0"), {
      token: input.nextToken,
      size: input.maxResults || 100,
    });
    return {
      stateMachineVersions: items.map(({ arn, createdAtMs }) => ({
        stateMachineVersionArn: arn,
        creationDate: new Date(createdAtMs),
      })),
      ...(nextToken === undefined ? {} : { nextToken }),
    };
  },
  DeleteStateMachineVersion: deleteVersion,
  CreateStateMachineAlias: createAlias,
  UpdateStateMachineAlias: updateAlias,
  DescribeStateMachineAlias: (context, input) => {
    const { alias } = getAlias(context, input.stateMachineAliasArn);
    return {
      stateMachineAliasArn: alias.arn,
      name: alias.name,
      ...(alias.description === "" ? {} : { description: alias.description }),
      routingConfiguration: [...alias.routing],
      creationDate: new Date(alias.createdAtMs),
      updateDate: new Date(alias.updatedAtMs),
    };
  },
  DeleteStateMachineAlias: (context, input) => {
    aliases(context).delete(getAlias(context, input.stateMachineAliasArn).key);
    return {};
  },
  ListStateMachineAliases: (context, input) => {
    const { name } = getMachine(context, input.stateMachineArn);
    const all = aliases(context)
      .list(`${name}/`)
      .map(({ value }) => value);
    const { items, nextToken } = page(all, (alias) => alias.name, {
      token: input.nextToken,
      size: input.maxResults || 100,
    });
    return {
      stateMachineAliases: items.map(({ arn, createdAtMs }) => ({
        stateMachineAliasArn: arn,
        creationDate: new Date(createdAtMs),
      })),
      ...(nextToken === undefined ? {} : { nextToken }),
    };
  },
};
