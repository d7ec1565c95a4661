import { expect, test } from "vitest";
import { isPlain } from "./plain-text.ts";

test("NUL and halves of surrogate pairs are found at any depth, in keys too", () => {
  for (const bad of ["a\0b", "\ud800", { deep: [{ er: "\udfff" }] }, { "ke\0y": 1 }]) expect(isPlain(bad)).toBe(false);
  for (const good of ["", "héllo 👋", { list: [1, null, true, "x"] }, undefined]) expect(isPlain(good)).toBe(true);
});
