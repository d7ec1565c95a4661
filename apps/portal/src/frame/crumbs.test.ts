import { describe, expect, it } from "vitest";
import { crumbsOf } from "./crumbs.ts";

describe("breadcrumbs", () => {
  it("lead from the list to the page, each step a link", () => {
    expect(crumbsOf("/services/orders/metrics")).toEqual([
      { label: "Services", href: "/services" },
      { label: "orders", href: "/services/orders" },
      { label: "Metrics", href: "/services/orders/metrics" },
    ]);
  });

  it("show a service that is named like a tab by its own name", () => {
    expect(crumbsOf("/services/metrics")[1]?.label).toBe("metrics");
  });

  it("put a release below the approvals", () => {
    expect(crumbsOf("/releases/rel_0123456789abcdef")[0]).toEqual({ label: "Approvals", href: "/approvals" });
  });
});
