"use client";

import type { NewService, Preview } from "@turnpike/domain/scaffolding";
import { useEffect, useState } from "react";

const PAUSE_MS = 250;

export type PreviewState =
  | { readonly kind: "loading" }
  | { readonly kind: "answered"; readonly preview: Preview; readonly stale: boolean }
  | { readonly kind: "failed"; readonly message: string };

/** Renders the service on the server when the person pauses; what was rendered before stays until then. */
export function usePreview(service: NewService, active: boolean): PreviewState {
  const [state, setState] = useState<PreviewState>({ kind: "loading" });
  const body = JSON.stringify({ ...service, template: undefined, service: service.name, name: undefined });
  const { template } = service;
  useEffect(() => {
    if (!active) return;
    const leaving = new AbortController();
    setState((known) => (known.kind === "answered" ? { ...known, stale: true } : known));
    const timer = setTimeout(async () => {
      try {
        const response = await fetch(`/api/v1/templates/${encodeURIComponent(template)}/preview`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body,
          signal: leaving.signal,
        });
        const answer = (await response.json()) as Preview | { error: { message: string } };
        setState(
          "error" in answer
            ? { kind: "failed", message: answer.error.message }
            : { kind: "answered", preview: answer, stale: false },
        );
      } catch {
        if (leaving.signal.aborted) return;
        setState({
          kind: "failed",
          message:
            "The preview could not be fetched. Nothing was created. Check your connection and change any field to try again.",
        });
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [body, template, active]);
  return state;
}
