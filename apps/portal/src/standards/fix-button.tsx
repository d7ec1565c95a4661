"use client";

import type { FixView } from "@turnpike/domain/scorecards";
import { Button, StateMark } from "@turnpike/ui";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { requestFixAction } from "./actions.ts";

/** Asks for a pull request that mends a rule; afterwards, how far it is. */
export function FixButton({ name, rule, fix }: { name: string; rule: string; fix: FixView | undefined }) {
  const router = useRouter();
  const [error, setError] = useState<string>();
  const [pending, startTransition] = useTransition();
  if (fix?.status === "opened" && fix.url) {
    return (
      <a href={fix.url} rel="noreferrer" className="prose-link text-sm">
        Pull request
      </a>
    );
  }
  if (fix?.status === "waiting" || pending) return <StateMark state="in-progress" label="Opening a pull request" />;
  const ask = () =>
    startTransition(async () => {
      const answer = await requestFixAction({ name, rule });
      setError(answer.ok ? undefined : answer.problem.message);
      router.refresh();
    });
  return (
    <span className="flex flex-wrap items-center justify-end gap-2">
      {(error ?? fix?.error) && (
        <span role="alert" className="text-failing text-sm">
          {error ?? fix?.error}
        </span>
      )}
      {fix?.status !== "failed" && (
        <Button size="small" aria-label={`Open fix for ${rule}`} onClick={ask}>
          Open fix
        </Button>
      )}
    </span>
  );
}
