import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";

const TableName = process.env.RUNS_TABLE;
const LEASE = { id: { S: "lease" } };
const REMEMBERED_SECONDS = 30 * 24 * 3600;
const dynamo = new DynamoDBClient();

/** The run of another time is under way. */
export class BusyError extends Error {}

/**
 * Does work for a scheduled time: once, and while no other time's is under way. A reserved concurrency of one would not do:
 * it only turns others away, to be tried again, while a run that was delivered twice begins as soon as the first has ended.
 *
 * @param holder the invocation's id; a retry of it may go on where it was cut off
 * @param untilMs when the function is stopped, whatever it does: nobody holds a lease longer than that
 * @returns false when the time's work was done before, or is being done: who does it tries again if it fails. Raises
 * `BusyError` while another time's run is under way.
 */
export async function runOnce(
  { scheduledTime, holder, untilMs }: { scheduledTime: Date; holder: string; untilMs: number },
  work: () => Promise<void>,
): Promise<boolean> {
  const run = { id: { S: `run ${scheduledTime.toISOString()}` } };
  const heldFor = await take(run.id.S, holder, untilMs);
  if (heldFor === run.id.S) return false;
  if (heldFor !== undefined) throw new BusyError(`Another run is under way: ${heldFor}.`);
  try {
    const { Item: done } = await dynamo.send(new GetItemCommand({ TableName, Key: run, ConsistentRead: true }));
    if (done) return false;
    await work();
    const expires = { N: String(Math.ceil(Date.now() / 1000) + REMEMBERED_SECONDS) };
    await dynamo.send(new PutItemCommand({ TableName, Item: { ...run, expires } }));
    return true;
  } finally {
    await release(holder);
  }
}

/** Takes the lease for a run. Undefined when it is taken; else the run that has it. */
async function take(run: string, holder: string, untilMs: number): Promise<string | undefined> {
  const until = { N: String(untilMs) };
  try {
    await dynamo.send(
      new PutItemCommand({
        TableName,
        Item: { ...LEASE, holder: { S: holder }, run: { S: run }, until },
        ConditionExpression: "attribute_not_exists(id) OR #until < :now OR holder = :holder",
        ExpressionAttributeNames: { "#until": "until" },
        ExpressionAttributeValues: { ":now": { N: String(Date.now()) }, ":holder": { S: holder } },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
    return undefined;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return error.Item?.run?.S ?? "unknown";
    throw error;
  }
}

/** A lease that was lost, because its time was over, is another's now. */
async function release(holder: string): Promise<void> {
  try {
    await dynamo.send(
      new DeleteItemCommand({
        TableName,
        Key: LEASE,
        ConditionExpression: "holder = :holder",
        ExpressionAttributeValues: { ":holder": { S: holder } },
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
