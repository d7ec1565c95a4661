import { expect, test } from "vitest";
import { matchesPattern, parsePattern } from "./pattern.ts";

const EVENT = {
  source: "shop",
  detail: {
    count: 5,
    address: "10.0.0.255",
    name: "Order-1",
    tags: ["a", "b"],
    nothing: null,
    deep: { on: true },
    list: [{ k: 1 }, { k: 2 }],
  },
};

test.each<[string, object, boolean]>([
  ["an exact value", { source: ["shop"] }, true],
  ["another value", { source: ["other"] }, false],
  ["a value of another type", { detail: { count: ["5"] } }, false],
  ["null", { detail: { nothing: [null] } }, true],
  ["one of a list's values", { detail: { tags: ["b", "z"] } }, true],
  ["a prefix", { detail: { name: [{ prefix: "Order" }] } }, true],
  ["a suffix", { detail: { name: [{ suffix: "-2" }] } }, false],
  ["a wildcard", { detail: { name: [{ wildcard: "*der-*" }] } }, true],
  ["case put aside", { detail: { name: [{ "equals-ignore-case": "oRDER-1" }] } }, true],
  ["anything but a value", { detail: { name: [{ "anything-but": "Order-1" }] } }, false],
  ["anything but a prefix", { detail: { name: [{ "anything-but": { prefix: "Cart" } }] } }, true],
  ["anything but, of what isn't there", { detail: { missing: [{ "anything-but": "x" }] } }, false],
  ["what exists", { detail: { deep: { on: [{ exists: true }] } } }, true],
  ["what doesn't exist", { detail: { missing: { on: [{ exists: false }] } } }, true],
  ["a number in a range", { detail: { count: [{ numeric: [">", 0, "<=", 5] }] } }, true],
  ["a number out of range", { detail: { count: [{ numeric: ["<", 5] }] } }, false],
  ["one of alternatives", { $or: [{ source: ["x"] }, { detail: { count: [5] } }] }, true],
  ["an object within a list", { detail: { list: { k: [2] } } }, true],
  ["an address in a block", { detail: { address: [{ cidr: "10.0.0.0/24" }] } }, true],
  ["an address out of a block", { detail: { address: [{ cidr: "10.0.1.0/24" }] } }, false],
  ["a prefix, case put aside", { detail: { name: [{ prefix: { "equals-ignore-case": "oRD" } }] } }, true],
  ["anything but any of several suffixes", { detail: { name: [{ "anything-but": { suffix: ["-1", "-2"] } }] } }, false],
  ["a path written with dots", { "detail.deep.on": [true] }, true],
  ["an object, which is no leaf", { detail: { deep: [{ exists: true }] } }, false],
  ["a star itself", { detail: { name: [{ wildcard: "Order\\*" }] } }, false],
  ["all of several fields", { source: ["shop"], detail: { count: [6] } }, false],
])("a pattern looks for %s", (_, pattern, expected) => {
  expect(matchesPattern(parsePattern(JSON.stringify(pattern)), EVENT)).toBe(expected);
});

test.each([
  ['{"a": "b"}', '"a" must be an object or an array'],
  ['{"a": []}', "Empty arrays are not allowed"],
  ['{"a": [["b"]]}', "Match value must be String, number, true, false, or null"],
  ['{"a": [{"EXISTS": true}]}', "Unrecognized match type EXISTS"],
  ['{"a": [{"suffix": "x", "prefix": "y"}]}', "Only one key allowed in match expression"],
  ['{"a": [{"numeric": [">", 3, "<", 1]}]}', "Bottom must be less than top"],
  ['{"a": [{"numeric": [">=", 1, ">", 2]}]}', "Bad numeric range operator: >"],
  ['{"a": [{"cidr": "xx.11.xx/8"}]}', "Nonstandard IP address: xx.11.xx"],
  ['{"a": [{"wildcard": "a**b"}]}', "Consecutive wildcard characters at pos 2"],
  ['{"a": [{"anything-but": {"prefix": ""}}]}', "Null prefix/suffix not allowed"],
])("%s is refused in the matcher's own words", (text, reason) => {
  expect(() => parsePattern(text)).toThrow(`Event pattern is not valid. Reason: ${reason}`);
});

test("a pattern of many stars over a long text is decided at once", () => {
  const pattern = parsePattern(JSON.stringify({ a: [{ wildcard: `${"*a".repeat(30)}b` }] }));
  const startedMs = performance.now();
  expect(matchesPattern(pattern, { a: "a".repeat(20_000) })).toBe(false);
  expect(performance.now() - startedMs).toBeLessThan(2000);
});
