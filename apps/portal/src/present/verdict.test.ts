import type { ResourceChange } from "@turnpike/domain/releases";
import { describe, expect, it } from "vitest";
import { isDestructive, verdictOf } from "./verdict.ts";

const change = (action: ResourceChange["action"], type: string, replacement: ResourceChange["replacement"] = "never") =>
  ({ action, type, replacement, logicalId: type, physicalId: undefined, properties: [] }) satisfies ResourceChange;

describe("the verdict on a change set", () => {
  it("counts what changes, what is replaced, and says that permissions change", () => {
    expect(
      verdictOf([
        change("modify", "AWS::Lambda::Function"),
        change("modify", "AWS::DynamoDB::Table", "always"),
        change("add", "AWS::IAM::Role"),
        change("remove", "AWS::Logs::LogGroup"),
      ]),
    ).toBe("1 resource is added, 2 resources change, 1 is replaced, 1 is removed, permissions change");
  });

  it("says so when nothing changes", () => {
    expect(verdictOf([])).toBe("No resource changes");
  });

  it("calls a removal and a replacement destructive, and an addition never", () => {
    expect(isDestructive(change("remove", "x"))).toBe(true);
    expect(isDestructive(change("modify", "x", "conditional"))).toBe(true);
    expect(isDestructive(change("add", "x", "always"))).toBe(false);
  });
});
