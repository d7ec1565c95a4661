import { localChanges } from "@turnpike/domain/live";
import { describe, expect, it, vi } from "vitest";
import { createLiveHub } from "./live-hub.ts";

describe("the live hub", () => {
  it("gives another revision after a change of the topic, and the same after a change of another", async () => {
    const changes = localChanges();
    const hub = createLiveHub(changes);
    const before = hub.revision(["service:orders"]);
    await changes.publish("service:billing");
    expect(hub.revision(["service:orders"])).toBe(before);
    await changes.publish("service:orders");
    expect(hub.revision(["service:orders"])).not.toBe(before);
  });

  it("tells everyone after an interruption, because anything may have changed", async () => {
    const changes = localChanges();
    const hub = createLiveHub(changes);
    const tell = vi.fn();
    hub.listen(["approvals"], tell);
    const before = hub.revision(["approvals"]);
    await changes.publish("*");
    expect(tell).toHaveBeenCalledOnce();
    expect(hub.revision(["approvals"])).not.toBe(before);
  });

  it("is silent to whoever stopped listening", async () => {
    const changes = localChanges();
    const hub = createLiveHub(changes);
    const tell = vi.fn();
    hub.listen(["services"], tell)();
    await changes.publish("services");
    expect(tell).not.toHaveBeenCalled();
  });

  it("never takes a revision of another process for its own", () => {
    expect(createLiveHub(localChanges()).revision([])).not.toBe(createLiveHub(localChanges()).revision([]));
  });
});
