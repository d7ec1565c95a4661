import { IdempotencyConfig, makeIdempotent } from "@aws-lambda-powertools/idempotency";
import { DynamoDBPersistenceLayer } from "@aws-lambda-powertools/idempotency/dynamodb";
import type { Context } from "aws-lambda";

const REMEMBERED_SECONDS = 7 * 24 * 3600;

const config = new IdempotencyConfig({ expiresAfterSeconds: REMEMBERED_SECONDS });
const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env.PROCESSED_TABLE ?? "" });

/**
 * Does work once for each id, by a record in the table. While one try is under way another fails, and comes again later; a
 * try that ended without a word is over when its function's time is.
 */
export async function once(id: string, context: Context, work: () => Promise<void>): Promise<void> {
  config.registerLambdaContext(context);
  await makeIdempotent((_id: string) => work().then(() => ({ done: true })), { persistenceStore, config })(id);
}
