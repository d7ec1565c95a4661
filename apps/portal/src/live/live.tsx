"use client";

import { absoluteTime } from "@turnpike/ui";
import { useLive } from "./use-live.ts";

/** Keeps the page current. Shows nothing while that works. */
export function Live({ topics, revision }: { topics: readonly string[]; revision: string }) {
  const lostSince = useLive(topics, revision);
  return (
    <div role="status" className="pointer-events-none fixed inset-x-0 bottom-16 z-40 flex justify-center sm:bottom-4">
      {lostSince && (
        <span className="rounded-full border border-line bg-popover px-3 py-1 text-muted text-sm shadow-float">
          Reconnecting; this page is as of {absoluteTime(lostSince).slice(11)}
        </span>
      )}
    </div>
  );
}
