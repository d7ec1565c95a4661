import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { after } from "node:test";

interface Item {
  readonly id: { readonly S: string };
}

/** What the code under test wrote. */
export const records = new Map<string, { completed: number }>();
export const setAside: { MessageBody: string; MessageAttributes: { reason: { StringValue: string } } }[] = [];
/** Ids whose record can't be written. */
export const refused = new Set<string>();

const refusal = (type: string) => ({ status: 400, body: { __type: `com.amazonaws.dynamodb.v20120810#${type}` } });

/** DynamoDB and SQS at the wire, as far as the code under test goes. */
const operations: Record<string, (input: never) => { status: number; body: object }> = {
  "DynamoDB_20120810.PutItem"({ Item: { id } }: { Item: Item }) {
    if ([...refused].some((part) => id.S.endsWith(part))) return refusal("ValidationException");
    if (records.has(id.S)) {
      const Item = {
        id,
        status: { S: "COMPLETED" },
        expiration: { N: String(Date.now() / 1000 + 60) },
        data: { M: {} },
      };
      return { status: 400, body: { ...refusal("ConditionalCheckFailedException").body, Item } };
    }
    records.set(id.S, { completed: 0 });
    return { status: 200, body: {} };
  },
  "DynamoDB_20120810.UpdateItem"({ Key: { id } }: { Key: Item }) {
    const record = records.get(id.S);
    if (record) record.completed += 1;
    return { status: 200, body: {} };
  },
  "AmazonSQS.SendMessage"(input: (typeof setAside)[number]) {
    setAside.push(input);
    return {
      status: 200,
      body: { MessageId: "1", MD5OfMessageBody: createHash("md5").update(input.MessageBody).digest("hex") },
    };
  },
};

const server = createServer(async (request, response) => {
  const target = String(request.headers["x-amz-target"]);
  const input = await json(request);
  const { status, body } = operations[target]?.(input as never) ?? { status: 501, body: { target } };
  response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify(body));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
after(() => server.close().closeAllConnections());

const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
// The clients of the code under test are made when its modules load: import this first.
Object.assign(process.env, {
  ...{ AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "eu-central-1" },
  AWS_ENDPOINT_URL: url,
  // A queue's URL is also the address that it is asked at.
  DEAD_LETTERS_URL: `${url}/123456789012/dead-letters`,
  PROCESSED_TABLE: "processed",
});
