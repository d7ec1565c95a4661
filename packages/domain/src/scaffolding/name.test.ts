import naughtyStrings from "big-list-of-naughty-strings/blns.json" with { type: "json" };
import { expect, test } from "vitest";
import { problemOfName } from "./name.ts";

test("a name fits repositories, stacks and URLs, or isn't one, and says why in words", () => {
  const wrong: Record<string, RegExp> = {
    "": /Give the service a name/,
    ab: /3 to 40 characters; this one has 2/,
    ["a".repeat(41)]: /this one has 41/,
    Orders: /lower-case letters only/,
    "or ders": /a to z, digits and hyphens/,
    "orders/../x": /a to z, digits and hyphens/,
    órders: /a to z, digits and hyphens/,
    "orders\n": /a to z, digits and hyphens/,
    "1orders": /Start with a letter/,
    "-orders": /Start with a letter/,
    "orders-": /hyphen stands between/,
    "or--ders": /hyphen stands between/,
    ["__proto__"]: /a to z, digits and hyphens/,
    constructor: /reserved/,
    con: /reserved/,
    nul: /reserved/,
    aux: /reserved/,
    platform: /reserved/,
    admin: /reserved/,
    www: /reserved/,
    api: /reserved/,
  };
  for (const name of Object.keys(wrong)) expect(problemOfName(name), name).toMatch(wrong[name] ?? /never/);
  expect(Object.hasOwn(wrong, "__proto__")).toBe(true);
});

test("ordinary names are fine, at both ends of the length", () => {
  for (const name of ["abc", "orders", "order-api-2", "a".repeat(40)]) expect(problemOfName(name)).toBeUndefined();
});

test("of the Big List of Naughty Strings none is a name that is more than a word", () => {
  const taken = naughtyStrings.filter((each) => problemOfName(each) === undefined);
  expect(taken.filter((each) => !/^[a-z]+$/.test(each))).toEqual([]);
});
