"use client";

import type { ExecutionSummary } from "@turnpike/domain/pipelines";
import { relativeTime, Select } from "@turnpike/ui";
import { useRouter } from "next/navigation";
import { runs } from "../present/states.ts";

/** Chooses the run that is shown. */
export function ExecutionPicker({
  service,
  executions,
  current,
}: {
  service: string;
  executions: readonly ExecutionSummary[];
  current: string;
}) {
  const router = useRouter();
  return (
    <Select
      aria-label="Pipeline run"
      value={current}
      className="w-auto max-w-72"
      onChange={({ target }) =>
        router.push(`/services/${service}/pipeline?execution=${encodeURIComponent(target.value)}`, { scroll: false })
      }
    >
      {executions.map((execution) => (
        <option key={execution.id} value={execution.id} suppressHydrationWarning>
          {`${execution.commit?.sha.slice(0, 7) ?? "no commit"} · ${runs[execution.status].label} · ${relativeTime(execution.startedAt, new Date())}`}
        </option>
      ))}
    </Select>
  );
}
