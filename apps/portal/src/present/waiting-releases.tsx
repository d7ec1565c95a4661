import type { ReleaseSummary } from "@turnpike/domain/releases";
import { Badge, Hash, RelativeTime, StateIcon } from "@turnpike/ui";
import Link from "next/link";

/** Releases at a gate, the longest waiting first. */
export function WaitingReleases({ releases }: { releases: readonly ReleaseSummary[] }) {
  return (
    <ul className="divide-y divide-line">
      {releases.map((release) => (
        <li
          key={release.id}
          className="flex min-h-14 flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 hover:bg-hover/60"
        >
          <StateIcon state="waiting-for-person" />
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
          <Hash value={release.commit} label="commit" />
          <Badge>{release.owner}</Badge>
          <span className="text-muted text-sm">
            at the gate <RelativeTime at={release.waitingSince} />
          </span>
        </li>
      ))}
    </ul>
  );
}
