"use client";

import { useRouter } from "next/navigation";
import { useEffect, useEffectEvent, useState, useSyncExternalStore } from "react";
import { destinations } from "./destinations.ts";
import { LazyShortcutList } from "./lazy.tsx";

/** Single letters are a nuisance to those who speak to their computer, so they can be turned off (WCAG 2.1.4). */
const OFF_KEY = "turnpike-letters-off";
/** How long after `g` its letter may come. */
const CHORD_MS = 1200;

const listeners = new Set<() => void>();

function useLettersOff(): readonly [boolean, (off: boolean) => void] {
  const off = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => localStorage.getItem(OFF_KEY) === "1",
    () => false,
  );
  const set = (next: boolean) => {
    localStorage.setItem(OFF_KEY, next ? "1" : "0");
    for (const tell of listeners) tell();
  };
  return [off, set];
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Moves focus through what is marked `data-row`. */
function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  const at = rows.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
  const next = rows[at < 0 ? (step === 1 ? 0 : rows.length - 1) : at + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

/** The keys of every page, and the window that lists them. */
export function Shortcuts({ onSearch }: { onSearch: () => void }) {
  const router = useRouter();
  const [shown, setShown] = useState(false);
  const [off, setOff] = useLettersOff();

  const press = useEffectEvent((event: KeyboardEvent, chord: boolean): "chord" | undefined => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      onSearch();
      return undefined;
    }
    if (off || event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return undefined;
    if (document.querySelector("[role=dialog]")) return undefined;
    if (chord) {
      const to = destinations.find(({ key }) => key === event.key);
      if (to) router.push(to.href);
      return undefined;
    }
    const commands: Record<string, () => void> = {
      "/": onSearch,
      "?": () => setShown(true),
      j: () => moveRow(1),
      k: () => moveRow(-1),
      e: () => document.activeElement?.closest("details")?.toggleAttribute("open"),
      a: () => document.querySelector<HTMLElement>("[data-shortcut=approve]")?.click(),
    };
    const command = commands[event.key];
    if (command) {
      event.preventDefault();
      command();
    }
    return event.key === "g" ? "chord" : undefined;
  });

  useEffect(() => {
    let chordUntil = 0;
    const listen = (event: KeyboardEvent) => {
      const chord = Date.now() < chordUntil;
      chordUntil = press(event, chord) === "chord" ? Date.now() + CHORD_MS : 0;
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);

  if (!shown) return null;
  return <LazyShortcutList off={off} onOff={setOff} onClose={() => setShown(false)} />;
}
