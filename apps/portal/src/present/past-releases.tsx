import type { ReleaseSummary } from "@turnpike/domain/releases";
import { Badge, Hash, RelativeTime, StateMark } from "@turnpike/ui";
import Link from "next/link";
import { releases as shown } from "./states.ts";

/** Releases that no longer wait: what became of them, and who decided. */
export function PastReleases({ releases }: { releases: readonly ReleaseSummary[] }) {
  return (
    <ul className="divide-y divide-line">
      {releases.map((release) => {
        const { state, label } = shown[release.status];
        const decision = release.decisions.at(-1);
        return (
          <li
            key={release.id}
            className="flex min-h-14 flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 hover:bg-hover/60"
          >
            <Link
              data-row
              href={`/releases/${release.id}`}
              className="min-w-0 flex-1 basis-56 rounded-mark hover:underline"
            >
              <span className="block truncate font-medium">
                {release.service} to {release.environment}
              </span>
              <span className="block truncate text-muted text-sm">{release.title}</span>
            </Link>
            <StateMark state={state} label={label} className="text-sm" />
            <Hash value={release.commit} label="commit" />
            <Badge>{release.owner}</Badge>
            <span className="text-muted text-sm">
              {decision ? `${decision.by.name}, ` : "at the gate "}
              <RelativeTime at={decision?.at ?? release.waitingSince} />
            </span>
          </li>
        );
      })}
    </ul>
  );
}
