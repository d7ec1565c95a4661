import { expect, test } from "vitest";
import { readBody } from "./read-body.ts";

/** A request whose body comes in pieces, without a length, for as long as somebody reads; a thousand are far too many. */
function endless() {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1;
      if (sent > 1000) return controller.error(new Error("Still read after a thousand pieces."));
      controller.enqueue(new TextEncoder().encode("é".repeat(512)));
    },
  });
  const request = new Request("http://portal/", { method: "POST", body, duplex: "half" } as RequestInit);
  return { request, sent: () => sent };
}

test("a body that never ends is read to the limit and no further", async () => {
  const { request, sent } = endless();
  expect(await readBody(request, 10_000)).toBeUndefined();
  expect(sent()).toBeLessThan(20);
});

test("a body within the limit is its text, whatever pieces it came in, and none is empty", async () => {
  const request = new Request("http://portal/", { method: "POST", body: "é".repeat(5000) });
  expect(await readBody(request, 10_000)).toBe("é".repeat(5000));
  expect(await readBody(new Request("http://portal/", { method: "POST" }), 10)).toBe("");
});
