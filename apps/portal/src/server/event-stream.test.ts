import { describe, expect, it, vi } from "vitest";
import { eventStream } from "./event-stream.ts";

describe("a stream of events", () => {
  it("sends what it is given, with its id, so that a client can say where it was", async () => {
    const response = eventStream([new AbortController().signal], (send, end) => {
      send("lines", { text: "a\nb" }, "cursor-1");
      end();
      return () => {};
    });
    expect(await response.text()).toBe('retry: 2000\n\nid: cursor-1\nevent: lines\ndata: {"text":"a\\nb"}\n\n');
  });

  it("ends its work once when the client leaves", async () => {
    const leaving = new AbortController();
    const stop = vi.fn();
    const response = eventStream([leaving.signal], () => stop);
    leaving.abort();
    await response.text();
    expect(stop).toHaveBeenCalledOnce();
  });

  it("is refused by a server that stops", () => {
    const begin = vi.fn();
    expect(eventStream([AbortSignal.abort()], begin).status).toBe(503);
    expect(begin).not.toHaveBeenCalled();
  });

  it("ends its work when the body is cancelled", async () => {
    const stop = vi.fn();
    await eventStream([new AbortController().signal], () => stop).body?.cancel();
    expect(stop).toHaveBeenCalledOnce();
  });
});
