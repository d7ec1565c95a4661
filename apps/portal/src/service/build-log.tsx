"use client";

import { Button, CopyButton, ScrollRegion } from "@turnpike/ui";
import { useEffect, useRef, useState } from "react";
import { plainLine } from "../present/log-text.ts";

/** Older lines leave the page, so that a build that talks for an hour doesn't take the browser with it. */
const KEPT_LINES = 5000;
const RETRY_MS = [2000, 4000, 8000, 15_000, 30_000];
/** Within this of the end, the end is what the person looks at. */
const FOLLOWED_PX = 40;

interface Line {
  readonly id: number;
  readonly at: string;
  readonly text: string;
}

type Status = "connecting" | "tailing" | "ended" | "interrupted" | { readonly failed: string };

/** A build's output from its beginning, and on as it is written. Follows the end until the person scrolls up. */
export function BuildLog({ service, buildId }: { service: string; buildId: string }) {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [status, setStatus] = useState<Status>("connecting");
  const [following, setFollowing] = useState(true);
  const box = useRef<HTMLElement>(null);

  useEffect(() => {
    const base = `/api/v1/services/${encodeURIComponent(service)}/builds/${encodeURIComponent(buildId)}/log`;
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let cursor = "";
    let next = 0;
    let over = false;
    let failures = 0;
    const open = () => {
      source = new EventSource(cursor ? `${base}?cursor=${encodeURIComponent(cursor)}` : base);
      source.addEventListener("open", () => {
        failures = 0;
        setStatus("tailing");
      });
      source.addEventListener("lines", (event: MessageEvent<string>) => {
        cursor = event.lastEventId;
        const added = (JSON.parse(event.data) as { at: string; text: string }[]).map((line) => ({
          id: next++,
          ...line,
        }));
        setLines((known) => [...known, ...added].slice(-KEPT_LINES));
      });
      source.addEventListener("ended", () => {
        over = true;
        source?.close();
        setStatus("ended");
      });
      source.addEventListener("failed", (event: MessageEvent<string>) => {
        over = true;
        source?.close();
        setStatus({ failed: (JSON.parse(event.data) as { message: string }).message });
      });
      source.addEventListener("error", () => {
        source?.close();
        if (over) return;
        if (failures === 0) setStatus("interrupted");
        timer = setTimeout(open, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
        if (failures++ === 0)
          void reasonOf(base).then((reason) => reason && failures > 0 && setStatus({ failed: reason }));
      });
    };
    const seen = () => {
      clearTimeout(timer);
      source?.close();
      if (!document.hidden && !over) open();
    };
    seen();
    document.addEventListener("visibilitychange", seen);
    return () => {
      document.removeEventListener("visibilitychange", seen);
      clearTimeout(timer);
      source?.close();
    };
  }, [service, buildId]);

  const count = lines.length;
  useEffect(() => {
    if (count > 0 && following && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [count, following]);

  return (
    <div className="border-line border-t">
      <div className="flex min-h-10 items-center gap-3 border-line border-b px-4 text-sm">
        <h3 className="font-medium">Log</h3>
        <span role="status" className="min-w-0 truncate text-muted">
          {typeof status === "object" ? status.failed : words[status]}
        </span>
        <span className="ml-auto flex items-center gap-2">
          {status !== "ended" && !following && (
            <Button size="small" onClick={() => setFollowing(true)}>
              Follow
            </Button>
          )}
          <CopyButton text={lines.map(({ text }) => plainLine(text)).join("\n")} label="log" />
        </span>
      </div>
      <ScrollRegion
        ref={box}
        label="Build log"
        className="h-[28rem] overflow-auto bg-sunken focus-visible:-outline-offset-2"
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) =>
          setFollowing(scrollHeight - scrollTop - clientHeight < FOLLOWED_PX)
        }
      >
        <pre className="py-2 font-mono text-sm leading-5">
          {lines.map((line) => (
            <div
              key={line.id}
              className="grid grid-cols-[5rem_1fr] px-4 [contain-intrinsic-block-size:auto_20px] [content-visibility:auto]"
            >
              <span className="select-none text-muted">{line.at.slice(11, 19)}</span>
              <code className="whitespace-pre-wrap break-words">{plainLine(line.text)}</code>
            </div>
          ))}
        </pre>
        {lines.length === 0 && status === "ended" && <p className="px-4 pb-3 text-muted">The build wrote nothing.</p>}
      </ScrollRegion>
    </div>
  );
}

/** A stream that is refused doesn't say why; the same question without a stream does. */
async function reasonOf(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url);
    if (response.ok) return undefined;
    return ((await response.json()) as { error?: { message?: string } }).error?.message;
  } catch {
    // The server is away: the next attempt finds it.
    return undefined;
  }
}

const words = {
  connecting: "Reading …",
  tailing: "Live",
  ended: "Complete",
  interrupted: "Reconnecting …",
} as const;
