"use client";

import { useRouter } from "next/navigation";
import { startTransition, useEffect, useEffectEvent, useRef, useState } from "react";

/** Several changes within this time are one look. */
const COALESCE_MS = 100;
const BACKOFF_MS = [500, 1000, 2000, 5000, 10_000, 30_000];
/** A hiccup shorter than this is nobody's business. */
const QUIET_MS = 2500;

/** Reads the page again whenever one of `topics` changes. Returns since when it can't, when that is worth saying. */
export function useLive(topics: readonly string[], revision: string): Date | undefined {
  const router = useRouter();
  return useChanges(topics, revision, () => startTransition(() => router.refresh()));
}

/**
 * Calls `look` whenever one of `topics` changes, several changes at once as one. What was read at another `revision`
 * than the server's has missed something, and is looked at on connecting.
 *
 * The connection is open only while the page is visible: a browser has six for each host, and a page that nobody sees
 * catches up when it is seen.
 *
 * @returns since when the connection has been lost, when that is worth saying
 */
export function useChanges(topics: readonly string[], revision: string, look: () => void): Date | undefined {
  const [lostSince, setLostSince] = useState<Date>();
  const rendered = useRef(revision);
  useEffect(() => {
    rendered.current = revision;
  }, [revision]);

  const onChange = useEffectEvent(look);
  const key = topics.join(",");
  useEffect(() => {
    let source: EventSource | undefined;
    let attempt = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let quiet: ReturnType<typeof setTimeout> | undefined;
    let coalescing: ReturnType<typeof setTimeout> | undefined;

    const changed = () => {
      coalescing ??= setTimeout(() => {
        coalescing = undefined;
        onChange();
      }, COALESCE_MS);
    };
    const heard = (event: MessageEvent<string>) => {
      const { revision: current } = JSON.parse(event.data) as { revision: string };
      if (current === rendered.current) return;
      rendered.current = current;
      changed();
    };
    const connected = () => {
      attempt = 0;
      clearTimeout(quiet);
      quiet = undefined;
      setLostSince(undefined);
    };
    const close = () => {
      clearTimeout(timer);
      source?.close();
      source = undefined;
    };
    const open = () => {
      close();
      source = new EventSource(`/api/v1/live?topics=${encodeURIComponent(key)}`);
      source.addEventListener("open", connected);
      source.addEventListener("snapshot", heard);
      source.addEventListener("change", heard);
      source.addEventListener("error", () => {
        close();
        const since = new Date();
        quiet ??= setTimeout(() => setLostSince(since), QUIET_MS);
        if (attempt === 2) void signInAgainIfNeeded();
        timer = setTimeout(open, BACKOFF_MS[Math.min(attempt++, BACKOFF_MS.length - 1)]);
      });
    };
    const seen = () => {
      if (document.hidden) close();
      else if (!source) open();
    };
    seen();
    document.addEventListener("visibilitychange", seen);
    return () => {
      document.removeEventListener("visibilitychange", seen);
      clearTimeout(quiet);
      clearTimeout(coalescing);
      close();
    };
  }, [key]);
  return lostSince;
}

/** A browser doesn't tell why a stream was refused. When the session is over, the page asks for a new one. */
async function signInAgainIfNeeded(): Promise<void> {
  try {
    const response = await fetch("/api/auth/get-session");
    if (response.ok && (await response.json()) === null) window.location.reload();
  } catch {
    // The server is away: the next attempt finds it.
  }
}
