import { expect, test } from "vitest";
import { pathOfUnplainText } from "./plain-text.ts";

test("NUL and halves of surrogate pairs are found at any depth, in keys too", () => {
  expect(pathOfUnplainText("a\0b")).toEqual([]);
  expect(pathOfUnplainText("\ud800")).toEqual([]);
  expect(pathOfUnplainText({ fine: "x", deep: ["y", { er: "\udfff" }] })).toEqual(["deep", 1, "er"]);
  expect(pathOfUnplainText({ of: { "ke\0y": 1 } })).toEqual(["of"]);
  for (const good of ["", "héllo 👋", { list: [1, null, true, "x"] }, undefined]) {
    expect(pathOfUnplainText(good)).toBeUndefined();
  }
});
