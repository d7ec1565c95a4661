import type { Lane } from "@turnpike/domain/catalog";
import { buttonClass, Copyable, Flash, Hash, RelativeTime, StateMark } from "@turnpike/ui";
import Link from "next/link";
import { showHealth } from "../present/states.ts";

/** What runs in one environment, and the control that promotes into it. */
export function LaneCard({ service, lane }: { service: string; lane: Lane }) {
  const { state, label } = showHealth(lane.health);
  const { deployed } = lane;
  return (
    <section
      aria-label={`Environment ${lane.environment}`}
      className="flex min-w-[86%] flex-1 snap-start flex-col rounded-card border border-line bg-card md:min-w-0"
    >
      <Flash watch={`${lane.health} ${deployed?.commit}`} className="flex flex-1 flex-col gap-2 rounded-card p-4">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <h2 className="font-semibold text-base">{lane.environment}</h2>
          <StateMark state={state} label={label} className="text-sm" />
          <span className="ml-auto text-muted text-xs tabular-nums">
            {lane.accountId ? `${lane.accountId} · ${lane.region}` : "No account"}
          </span>
        </div>
        {deployed ? (
          <p className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
            <Hash value={deployed.commit} label={`commit in ${lane.environment}`} />
            <span className="min-w-0 flex-1 truncate" title={deployed.title}>
              {deployed.title}
            </span>
            <span className="whitespace-nowrap text-muted text-sm">
              <RelativeTime at={deployed.at} />
              {lane.commitsBehind === 0 && ", newest commit"}
              {lane.commitsBehind !== undefined &&
                lane.commitsBehind > 0 &&
                `, ${lane.commitsBehind} ${lane.commitsBehind === 1 ? "commit" : "commits"} behind`}
            </span>
          </p>
        ) : (
          <p className="text-muted">Nothing is deployed here yet.</p>
        )}
        {state !== "healthy" && lane.reason && (deployed || state !== "unknown") && (
          <p className="break-words text-muted text-sm">{lane.reason}</p>
        )}
        <div className="mt-auto flex min-w-0 flex-wrap items-center gap-x-3 gap-y-2 pt-1">
          {deployed?.endpoint && (
            <span className="flex min-w-0 max-w-full flex-1 items-center">
              <Copyable text={deployed.endpoint} label={`endpoint of ${lane.environment}`} />
            </span>
          )}
          {lane.waitingReleaseId && (
            <Link
              href={`/releases/${lane.waitingReleaseId}`}
              className={`${buttonClass({ variant: "primary" })} ml-auto`}
            >
              Review release
            </Link>
          )}
          {!lane.waitingReleaseId && lane.health === "in-progress" && (
            <Link href={`/services/${service}/pipeline`} className={`${buttonClass({ size: "small" })} ml-auto`}>
              Watch
            </Link>
          )}
        </div>
      </Flash>
    </section>
  );
}
