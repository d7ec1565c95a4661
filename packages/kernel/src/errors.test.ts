import { describe, expect, it, vi } from "vitest";
import { AppError } from "./errors.ts";

class LostError extends AppError {
  readonly kind = "not-found";
  readonly code = "test.lost";
}

class BusyError extends AppError {
  readonly kind = "conflict";
  readonly code = "test.busy";
}

describe("an AppError", () => {
  it("is one in another copy of this module too", async () => {
    vi.resetModules();
    const copy = await import("./errors.ts");
    expect(copy.AppError).not.toBe(AppError);
    expect(new LostError("lost")).toBeInstanceOf(copy.AppError);
  });

  it("is told apart from its siblings and from other errors", () => {
    expect(new LostError("lost")).toBeInstanceOf(LostError);
    expect(new LostError("lost")).not.toBeInstanceOf(BusyError);
    expect(new Error("lost")).not.toBeInstanceOf(AppError);
    expect({ kind: "not-found" }).not.toBeInstanceOf(AppError);
    expect(undefined).not.toBeInstanceOf(AppError);
  });
});
