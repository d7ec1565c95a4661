import * as sdk from "@aws-sdk/client-dynamodb";
import { defineService } from "../../core/service.ts";
import { itemOperations } from "./item-operations.ts";
import { createItemTable } from "./items.ts";
import { settingOperations } from "./settings.ts";
import { createStreamTables } from "./stream-records.ts";
import { tableOperations } from "./tables.ts";
import { expireItems } from "./time-to-live.ts";
import { createTokenTable, transactionOperations } from "./transactions.ts";

export { dynamoDbStreams } from "./streams.ts";

/**
 * DynamoDB: tables with local and global indexes, items with every expression, batches, transactions, streams, time to
 * live (a minute after an item expired), tags, point-in-time recovery as a setting. The rules of items and expressions
 * are dynalite's; the storage under them is the sandbox's own state, so that a write, its index entries, its stream
 * record, and all of a transaction are written together and are there after a crash.
 *
 * Gaps, 501: PartiQL, backups and restores, imports and exports, global tables, Kinesis destinations, Contributor
 * Insights, resource policies, auto scaling of throughput. Nothing is throttled: throughput is a number that is shown.
 * Global indexes are consistent at once. Batches are atomic, and do all that they are asked. Refused by name: warm and
 * on-demand throughput, tables by ARN in batches.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB.html
 */
export const dynamoDb = defineService({
  sdk,
  client: "DynamoDBClient",
  operations: { ...tableOperations, ...itemOperations, ...transactionOperations, ...settingOperations },
  start(runtime) {
    const { sql } = runtime.storeOf("", "");
    createItemTable(sql);
    createStreamTables(sql);
    createTokenTable(sql);
    const ending = new AbortController();
    void expireItems(runtime, ending.signal);
    return {
      async stop() {
        ending.abort(new Error("The sandbox is stopping."));
      },
    };
  },
});
