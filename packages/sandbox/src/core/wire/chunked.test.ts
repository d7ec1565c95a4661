import { expect, test } from "vitest";
import { dechunk } from "./chunked.ts";

test("framing and trailers come off, signed or not", () => {
  const raw = "5;chunk-signature=abc\r\nhello\r\n1\r\n!\r\n0\r\nx-amz-checksum-crc32: AAAA==\r\n\r\n";
  const { body, trailers } = dechunk(Buffer.from(raw));
  expect(body.toString()).toBe("hello!");
  expect(trailers).toEqual({ "x-amz-checksum-crc32": "AAAA==" });
});

test.each([
  ["that ends within a chunk", "5\r\nhel"],
  ["whose last chunk is missing", "5\r\nhello\r\n"],
  ["that isn't framed", "hello"],
])("a body %s is refused, not stored in part", (_, raw) => {
  expect(() => dechunk(Buffer.from(raw))).toThrow(expect.objectContaining({ code: "IncompleteBody" }));
});
