import { expect, test } from "vitest";
import { linearRegex } from "./linear-regex.ts";

test.each(["(a+)+$", "^(a|a)*$", "^.*.*.*.*.*x$", "(?i)^(A+)+$", "(?:a{1,16}){1,1}(a*)*b"])(
  "%s over a long text takes time in proportion to the text",
  (source) => {
    const text = `${"a".repeat(20_000)}!`;
    const started = performance.now();
    expect(linearRegex(source).test(text)).toBe(false);
    expect(performance.now() - started).toBeLessThan(5000);
  },
);

test.each([
  ["[0-9a-f]{32}", "1234567890abcdef1234567890abcdef", "1234567890abcdef1234567890abcde"],
  ["^a{20,40}$", "a".repeat(40), "a".repeat(41)],
  ["^a{20,40}$", "a".repeat(20), "a".repeat(19)],
  ["^\\d{17,}$", "1".repeat(100), "1".repeat(16)],
  ["^a{3}$", "aaa", "aa"],
  ["(?i)timed out [a-f]x\\d$", "Task TIMED OUT DX1", "Task TIMED OUT GX1"],
  ["(?i)[^a-z]$", "1", "A"],
  ["^\\{a\\}{2}$", "{a}}", "{a}"],
])("%s matches what it means", (source, matching, other) => {
  const regex = linearRegex(source);
  expect([regex.test(matching), regex.test(other)]).toEqual([true, false]);
});

test("named groups are captured, where the text made V8 change its engine too", () => {
  const regex = linearRegex("^(?<first>a+)+(?<last>[bc])$");
  expect(regex.exec(`${"a".repeat(5000)}c`)?.groups).toMatchObject({ last: "c" });
  expect(linearRegex("(?<word>(x+x+)+y|z+)").exec(`${"x".repeat(5000)}zz`)?.groups).toMatchObject({ word: "zz" });
});

test.each(["(", "a(?=b)", "(a)\\1", "(?:ab){17}", "a{1001}", "a{3,2}"])("%s is refused", (source) => {
  expect(() => linearRegex(source)).toThrow(SyntaxError);
});
