import type { ExecutionSummary } from "@turnpike/domain/pipelines";
import { Elapsed, Hash, RelativeTime, StateMark } from "@turnpike/ui";
import Link from "next/link";
import { runs } from "./states.ts";

/** One execution in a line: state, commit, what started it, when and how long. */
export function ExecutionLine({
  execution,
  showService = false,
}: {
  execution: ExecutionSummary;
  showService?: boolean;
}) {
  const { state, label } = runs[execution.status];
  const going = state === "in-progress" || state === "waiting-for-person";
  return (
    <div className="flex min-h-11 min-w-0 flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 hover:bg-hover/60">
      <StateMark state={state} label={label} className="w-48" />
      <Link
        data-row
        href={`/services/${execution.service}/pipeline?execution=${encodeURIComponent(execution.id)}`}
        className="min-w-0 flex-1 basis-48 truncate rounded-mark font-medium hover:underline"
      >
        {showService && <span className="font-mono text-sm">{execution.service} · </span>}
        {execution.commit?.title ?? "No commit yet"}
      </Link>
      {execution.commit && <Hash value={execution.commit.sha} label="commit" />}
      <span className="text-muted text-sm">{execution.trigger}</span>
      <span className="text-muted text-sm tabular-nums">
        <RelativeTime at={execution.startedAt} />
        {(execution.endedAt || going) && (
          <>
            {" · "}
            <Elapsed from={execution.startedAt} to={execution.endedAt} />
          </>
        )}
      </span>
    </div>
  );
}
