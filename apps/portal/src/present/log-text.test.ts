import { describe, expect, it } from "vitest";
import { plainLine } from "./log-text.ts";

describe("a line of a build's log", () => {
  it.each([
    ["\u001b[32m✓\u001b[39m passes", "✓ passes"],
    ["10 %\r50 %\r100 %", "100 %"],
    ["done\r", "done"],
    ["\u001b]0;title\u0007npm ci", "npm ci"],
    ["a\u0000b\u0007c", "abc"],
    ["tab\tstays", "tab\tstays"],
  ])("is shown without terminal codes: %j", (raw, shown) => {
    expect(plainLine(raw)).toBe(shown);
  });
});
