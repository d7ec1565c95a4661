const HEARTBEAT_MS = 15_000;
/** Whoever is still there connects again, and is asked again who they are. */
const LIFETIME_MS = 10 * 60_000;

export type Send = (event: string, data: unknown, id?: string) => void;

/**
 * A response of server-sent events. `begin` may send at once, and returns what ends its work; that is called once,
 * when one of `signals` aborts (the client left, the server stops), when `end` is called, or after ten minutes.
 */
export function eventStream(
  signals: readonly AbortSignal[],
  begin: (send: Send, end: () => void) => () => void,
): Response {
  // A server that stops must not be held by a browser that comes back on the connection it has just been given up.
  if (signals.some(({ aborted }) => aborted))
    return new Response(null, { status: 503, headers: { connection: "close" } });
  const encoder = new TextEncoder();
  let close: (left?: boolean) => void = () => {};
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      let open = true;
      const ended = new AbortController();
      const write = (text: string) => {
        if (open) controller.enqueue(encoder.encode(text));
      };
      let stop: (() => void) | undefined;
      close = (left = false) => {
        if (!open) return;
        open = false;
        clearInterval(heartbeat);
        clearTimeout(lifetime);
        ended.abort();
        stop?.();
        // Who left has closed it already.
        if (!left) controller.close();
      };
      const heartbeat = setInterval(() => write(": still here\n\n"), HEARTBEAT_MS);
      const lifetime = setTimeout(() => close(), LIFETIME_MS);
      for (const signal of signals) signal.addEventListener("abort", () => close(), { signal: ended.signal });
      write("retry: 2000\n\n");
      stop = begin(
        (event, data, id) => {
          write(`${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
        },
        () => close(),
      );
      // It ended while it began.
      if (!open) stop();
    },
    cancel: () => close(true),
  });
  return new Response(stream, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      // no-transform keeps compression from holding lines back.
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    },
  });
}
