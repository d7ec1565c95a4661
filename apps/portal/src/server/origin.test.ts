import { describe, expect, it } from "vitest";
import { isSameOrigin, safePath } from "./origin.ts";

const portal = "https://turnpike.example";

describe("where a person is sent after signing in", () => {
  it("is the page they wanted", () => {
    expect(safePath("/services/orders?tab=1", portal)).toBe("/services/orders?tab=1");
  });

  it.each([
    undefined,
    "",
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/.//evil.example",
    "javascript:alert(1)",
    "services",
    "/api/auth/sign-out",
    "/sign-in?next=/sign-in",
  ])("is never another site, nor a page that would loop: %s", (next) => {
    expect(safePath(next, portal)).toBe("/");
  });
});

describe("a request that changes something", () => {
  it("is refused without an origin, and from another one", () => {
    expect(isSameOrigin(new Headers(), portal)).toBe(false);
    expect(isSameOrigin(new Headers({ origin: "https://evil.example" }), portal)).toBe(false);
    expect(isSameOrigin(new Headers({ origin: "https://turnpike.example.evil.example" }), portal)).toBe(false);
    expect(isSameOrigin(new Headers({ origin: portal }), portal)).toBe(true);
  });
});
