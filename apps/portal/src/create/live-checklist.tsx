"use client";

import type { ServiceProgress, Step } from "@turnpike/domain/scaffolding";
import { buttonClass, Notice, SkeletonRows } from "@turnpike/ui";
import Link from "next/link";
import { useState } from "react";
import { useChanges } from "../live/use-live.ts";
import { Checklist } from "../service/checklist.tsx";

type Wire<T> = { [K in keyof T]: T[K] extends Date | undefined ? string | undefined : T[K] };

/** A step as JSON carries it, with its times made times again. */
function revive({ startedAt, finishedAt, ...step }: Wire<Step>): Step {
  return {
    ...step,
    ...(startedAt ? { startedAt: new Date(startedAt) } : {}),
    ...(finishedAt ? { finishedAt: new Date(finishedAt) } : {}),
  };
}

/** The steps of a service that was just asked for, as they are taken. */
export function LiveChecklist({ service }: { service: string }) {
  const [progress, setProgress] = useState<ServiceProgress>();
  const [failed, setFailed] = useState(false);
  const lostSince = useChanges([`service:${service}`], "", async () => {
    try {
      const response = await fetch(`/api/v1/services/${encodeURIComponent(service)}/progress`);
      if (!response.ok) throw new Error(`Progress answered ${response.status}.`);
      const body = (await response.json()) as Omit<ServiceProgress, "steps"> & { steps: Wire<Step>[] };
      setProgress({ ...body, steps: body.steps.map(revive) });
      setFailed(false);
    } catch {
      // The next change, or the next connection, asks again.
      setFailed(true);
    }
  });
  return (
    <div className="flex flex-col">
      <div className="flex flex-wrap items-center gap-3 border-line border-b px-4 py-3">
        <h2 className="min-w-0 flex-1 break-all font-semibold text-lg">
          {progress?.done ? `${service} is ready` : `Creating ${service}`}
        </h2>
        <Link
          href={`/services/${service}`}
          className={buttonClass({ variant: progress?.done ? "primary" : "secondary" })}
        >
          Open {service}
        </Link>
      </div>
      {progress ? <Checklist progress={progress} /> : <SkeletonRows rows={5} label="Reading the steps" />}
      {(failed || lostSince) && (
        <Notice state="unknown" title="The steps can't be read right now" className="m-4">
          They go on without this page. It reads them again by itself.
        </Notice>
      )}
    </div>
  );
}
