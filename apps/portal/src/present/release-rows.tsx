import type { ReleaseSummary } from "@turnpike/domain/releases";
import { Badge, Hash, RelativeTime, StateIcon, StateMark } from "@turnpike/ui";
import Link from "next/link";
import type { ReactNode } from "react";
import { releases as shown } from "./states.ts";

/** Releases at a gate, the longest waiting first. */
export function WaitingReleases({ releases }: { releases: readonly ReleaseSummary[] }) {
  return (
    <Rows>
      {releases.map((release) => (
        <Row
          key={release.id}
          release={release}
          before={<StateIcon state="waiting-for-person" />}
          when={
            <>
              at the gate <RelativeTime at={release.waitingSince} />
            </>
          }
        />
      ))}
    </Rows>
  );
}

/** Releases that no longer wait: what became of them, and who decided. */
export function PastReleases({ releases }: { releases: readonly ReleaseSummary[] }) {
  return (
    <Rows>
      {releases.map((release) => {
        const decision = release.decisions.at(-1);
        return (
          <Row
            key={release.id}
            release={release}
            after={<StateMark {...shown[release.status]} className="text-sm" />}
            when={
              <>
                {decision ? `${decision.by.name}, ` : "at the gate "}
                <RelativeTime at={decision?.at ?? release.waitingSince} />
              </>
            }
          />
        );
      })}
    </Rows>
  );
}

function Rows({ children }: { children: ReactNode }) {
  return <ul className="divide-y divide-line">{children}</ul>;
}

function Row({
  release,
  before,
  after,
  when,
}: {
  release: ReleaseSummary;
  before?: ReactNode;
  after?: ReactNode;
  when: ReactNode;
}) {
  return (
    <li className="flex min-h-14 flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 hover:bg-hover/60">
      {before}
      <Link data-row href={`/releases/${release.id}`} className="min-w-0 flex-1 basis-56 rounded-mark hover:underline">
        <span className="block truncate font-medium">
          {release.service} to {release.environment}
        </span>
        <span className="block truncate text-muted text-sm">{release.title}</span>
      </Link>
      {after}
      <Hash value={release.commit} label="commit" />
      <Badge>{release.owner}</Badge>
      <span className="text-muted text-sm">{when}</span>
    </li>
  );
}
