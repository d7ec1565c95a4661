"use client";

import { useSyncExternalStore } from "react";
import { absoluteTime, durationWords, relativeTime } from "./time-words.ts";

/** One clock for all times on the page: a second hand that moves only while someone watches it. */
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = Date.now();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const tell of listeners) tell();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function useNow(stepMs: number): number {
  const read = () => Math.floor(now / stepMs) * stepMs;
  return useSyncExternalStore(subscribe, read, read);
}

/** "4 min ago", with the absolute time on hover. */
export function RelativeTime({ at, className }: { at: Date; className?: string }) {
  useNow(10_000);
  return (
    <time dateTime={at.toISOString()} title={absoluteTime(at)} className={className} suppressHydrationWarning>
      {relativeTime(at, new Date())}
    </time>
  );
}

/** How long something took, or, while it has no end, has been taking. */
export function Elapsed({ from, to }: { from: Date; to?: Date | undefined }) {
  if (to) return <span>{durationWords(to.getTime() - from.getTime())}</span>;
  return <Counting from={from} />;
}

function Counting({ from }: { from: Date }) {
  useNow(1000);
  return <span suppressHydrationWarning>{durationWords(Math.max(0, Date.now() - from.getTime()))}</span>;
}
