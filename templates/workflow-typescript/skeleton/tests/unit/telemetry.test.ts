import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { after, describe, test } from "node:test";

// The daemon's address is read when the module loads: it is there first.
const daemon = createSocket("udp4");
daemon.bind(0, "127.0.0.1");
await once(daemon, "listening");
after(() => daemon.close());
process.env.AWS_XRAY_DAEMON_ADDRESS = `127.0.0.1:${daemon.address().port}`;
const { flushTraces, inSpan } = await import("../../src/telemetry.ts");

const TRACE = "1-67f2c1a9-000000000000000000000001";
const traceHeader = (sampled: 0 | 1) => `Root=${TRACE};Parent=53995c3f42cd8ad8;Sampled=${sampled}`;

async function received(): Promise<string> {
  const [datagram] = (await once(daemon, "message", { signal: AbortSignal.timeout(2000) })) as [Buffer];
  const [head, body = ""] = datagram.toString().split("\n");
  assert.deepEqual(JSON.parse(head ?? ""), { format: "json", version: 1 });
  assert.ok(body.startsWith("T1S"));
  return Buffer.from(body.slice(3), "base64").toString("latin1");
}

const traced = async (name: string, work: () => Promise<void>) => {
  try {
    await inSpan(name, {}, work);
  } finally {
    await flushTraces();
  }
};

describe("traces", () => {
  test("work is a span of Lambda's own trace", async () => {
    process.env._X_AMZN_TRACE_ID = traceHeader(1);
    const message = received();
    await traced("step", async () => undefined);
    const span = await message;
    assert.ok(span.includes(Buffer.from(TRACE.slice(2).replace("-", ""), "hex").toString("latin1")));
    assert.ok(span.includes(Buffer.from("53995c3f42cd8ad8", "hex").toString("latin1")));
    assert.ok(span.includes("step"));
  });

  test("an error is in the span, and is thrown on", async () => {
    process.env._X_AMZN_TRACE_ID = traceHeader(1);
    const message = received();
    const failing = traced("step", async () => {
      throw new TypeError("it broke");
    });
    await assert.rejects(failing, { name: "TypeError", message: "it broke" });
    const span = await message;
    assert.ok(span.includes("exception") && span.includes("it broke"));
  });

  test("work that Lambda doesn't sample sends nothing", async () => {
    process.env._X_AMZN_TRACE_ID = traceHeader(0);
    const next = received();
    await traced("unsampled", async () => undefined);
    process.env._X_AMZN_TRACE_ID = traceHeader(1);
    await traced("sampled", async () => undefined);
    assert.ok(!(await next).includes("unsampled"));
  });
});
