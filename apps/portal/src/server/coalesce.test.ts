import type { Deployment, TelemetryReader } from "@turnpike/domain/telemetry";
import { describe, expect, it, vi } from "vitest";
import { coalesce } from "./coalesce.ts";

const deployment: Deployment = {
  environment: "dev",
  accountId: "222222222222",
  region: "eu-west-1",
  functionName: "orders",
  logGroupName: "/aws/lambda/orders",
};

function setUp(traces: TelemetryReader["traces"]) {
  const clock = { at: new Date("2026-11-23T12:00:00Z"), now: () => clock.at };
  const unused = async () => {
    throw new Error("not asked in this test");
  };
  const reader = coalesce({ traces, metrics: unused, logs: unused, trace: unused }, clock);
  const ask = () => reader.traces(deployment, { from: new Date(clock.at.getTime() - 3_600_000), to: clock.at });
  return { clock, ask };
}

describe("reading telemetry for several people", () => {
  it("asks the account once, however many look at the same time", async () => {
    const traces = vi.fn(async () => []);
    const { ask } = setUp(traces);
    await Promise.all([ask(), ask(), ask()]);
    expect(traces).toHaveBeenCalledOnce();
  });

  it("asks again when the answer is older than a few seconds", async () => {
    const traces = vi.fn(async () => []);
    const { ask, clock } = setUp(traces);
    await ask();
    clock.at = new Date(clock.at.getTime() + 5000);
    await ask();
    expect(traces).toHaveBeenCalledTimes(2);
  });

  it("does not keep a failure", async () => {
    const traces = vi.fn<TelemetryReader["traces"]>().mockRejectedValueOnce(new Error("no")).mockResolvedValue([]);
    const { ask } = setUp(traces);
    await expect(ask()).rejects.toThrow("no");
    await expect(ask()).resolves.toEqual([]);
  });
});
