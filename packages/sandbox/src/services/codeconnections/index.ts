import type { Connection, Tag } from "@aws-sdk/client-codestar-connections";
import * as sdk from "@aws-sdk/client-codestar-connections";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import { defineService, type Operations } from "../../core/service.ts";

/**
 * AWS CodeConnections (once CodeStar Connections; clients of either name reach it): connections to GitHub, as records
 * that a pipeline's source action names.
 *
 * Gaps: a connection is AVAILABLE at once; on AWS it is PENDING until a person finishes the handshake in the console,
 * for which there is no API. No hosts, repository links or sync configurations.
 * https://docs.aws.amazon.com/codeconnections/latest/APIReference/
 */

interface ConnectionRecord {
  readonly arn: string;
  readonly name: string;
  readonly provider: NonNullable<Connection["ProviderType"]>;
  readonly tags: readonly Tag[];
}

const NAME = /^[\s\S]{1,32}$/;

const connections = (context: Context) => context.collection<ConnectionRecord>("connections");

/** Finds a connection under its ARN of either name (`codeconnections`, `codestar-connections`). */
function getConnection(context: Context, arn = ""): ConnectionRecord {
  const record = connections(context).get(arn.split("/").at(-1) ?? "");
  if (record && record.arn.split(":").slice(3).join() === arn.split(":").slice(3).join()) return record;
  throw new AwsError("ResourceNotFoundException", `Connection not found: ${arn}`);
}

const idOf = (record: ConnectionRecord) => record.arn.split("/").at(-1) ?? "";

function show(context: Context, record: ConnectionRecord): Connection {
  return {
    ConnectionArn: record.arn,
    ConnectionName: record.name,
    ConnectionStatus: "AVAILABLE",
    OwnerAccountId: context.account,
    ProviderType: record.provider,
  };
}

const operations: Operations<typeof sdk> = {
  CreateConnection(context, { ConnectionName: name = "", ProviderType: provider, HostArn, Tags = [] }) {
    if (HostArn)
      throw new AwsError("NotImplemented", "sandbox: CodeConnections hosts are not implemented", { status: 501 });
    if (!NAME.test(name)) throw new AwsError("ValidationException", "connectionName must have 1 to 32 characters");
    if (provider !== "GitHub") {
      throw new AwsError("NotImplemented", `sandbox: connections to ${provider} are not implemented`, { status: 501 });
    }
    const id = context.random.uuid();
    const arn = `arn:aws:codeconnections:${context.region}:${context.account}:connection/${id}`;
    connections(context).put(id, { arn, name, provider, tags: Tags });
    return { ConnectionArn: arn, Tags };
  },

  GetConnection: (context, { ConnectionArn }) => ({ Connection: show(context, getConnection(context, ConnectionArn)) }),

  ListConnections(context, { ProviderTypeFilter, MaxResults, NextToken }) {
    const all = connections(context)
      .list()
      .filter(({ value }) => ProviderTypeFilter === undefined || value.provider === ProviderTypeFilter);
    const { items, nextToken } = page(all, ({ key }) => key, { token: NextToken, size: MaxResults });
    return { Connections: items.map(({ value }) => show(context, value)), NextToken: nextToken };
  },

  DeleteConnection(context, { ConnectionArn }) {
    connections(context).delete(idOf(getConnection(context, ConnectionArn)));
    return {};
  },

  TagResource(context, { ResourceArn, Tags = [] }) {
    const record = getConnection(context, ResourceArn);
    const kept = record.tags.filter((tag) => !Tags.some(({ Key }) => Key === tag.Key));
    connections(context).put(idOf(record), { ...record, tags: [...kept, ...Tags] });
    return {};
  },

  UntagResource(context, { ResourceArn, TagKeys = [] }) {
    const record = getConnection(context, ResourceArn);
    connections(context).put(idOf(record), {
      ...record,
      tags: record.tags.filter(({ Key }) => !TagKeys.includes(Key ?? "")),
    });
    return {};
  },

  ListTagsForResource: (context, { ResourceArn }) => ({ Tags: [...getConnection(context, ResourceArn).tags] }),
};

export const codeConnections = defineService({ sdk, client: "CodeStarConnectionsClient", operations });
