import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { after } from "node:test";

interface Item {
  readonly id: { readonly S: string };
  readonly holder?: { readonly S: string };
  readonly run?: { readonly S: string };
  readonly until?: { readonly N: string };
}

type Values = Record<":now" | ":holder", { readonly N?: string; readonly S?: string } | undefined>;

/** The table, by id. */
export const items = new Map<string, Item>();

const refused = (Item?: Item) => ({
  status: 400,
  body: { __type: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", Item },
});
const done = { status: 200, body: {} };

/** DynamoDB at the wire, as far as the lease goes: its two conditions are those of src/lease.ts. */
const operations: Record<string, (input: never) => { status: number; body: object }> = {
  PutItem({ Item, ExpressionAttributeValues: values }: { Item: Item; ExpressionAttributeValues?: Values }) {
    const known = items.get(Item.id.S);
    const isFree =
      known === undefined ||
      Number(known.until?.N) < Number(values?.[":now"]?.N) ||
      known.holder?.S === values?.[":holder"]?.S;
    if (values && !isFree) return refused(known);
    items.set(Item.id.S, Item);
    return done;
  },
  GetItem: ({ Key }: { Key: Item }) => ({ status: 200, body: { Item: items.get(Key.id.S) } }),
  DeleteItem({ Key, ExpressionAttributeValues: values }: { Key: Item; ExpressionAttributeValues: Values }) {
    if (items.get(Key.id.S)?.holder?.S !== values[":holder"]?.S) return refused();
    items.delete(Key.id.S);
    return done;
  },
};

const server = createServer(async (request, response) => {
  const operation = String(request.headers["x-amz-target"]).replace("DynamoDB_20120810.", "");
  const { status, body } = operations[operation]?.((await json(request)) as never) ?? { status: 501, body: {} };
  response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify(body));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
after(() => server.close().closeAllConnections());

// The client of the code under test is made when its module loads: import this first.
Object.assign(process.env, {
  ...{ AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "eu-central-1", RUNS_TABLE: "runs" },
  AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
});
