import type { RuleStanding, ScorecardSummary, TeamStanding } from "@turnpike/domain/scorecards";
import { Badge, RelativeTime, StateMark, Table, Td, Th, Tr } from "@turnpike/ui";
import Link from "next/link";
import { StandingBar, StandingCounts } from "./standing-bar.tsx";

/** Where a scorecard is: a service has a page of its own. */
function scorecardHref({ name, kind }: Pick<ScorecardSummary, "name" | "kind">): string {
  return kind === "service" ? `/services/${name}/standards` : `/standards/${name}`;
}

export function ScorecardTable({ services }: { services: readonly ScorecardSummary[] }) {
  return (
    <Table label="Scorecards">
      <thead>
        <tr>
          <Th>Service</Th>
          <Th>Standing</Th>
          <Th>Owner</Th>
          <Th>Judged</Th>
        </tr>
      </thead>
      <tbody>
        {services.map((service) => (
          <Tr key={service.name}>
            <Td className="max-w-60 whitespace-nowrap">
              <span className="flex min-w-0 items-center gap-2">
                <Link
                  data-row
                  href={scorecardHref(service)}
                  title={service.name}
                  className="truncate rounded-mark font-medium hover:underline"
                >
                  {service.name}
                </Link>
                {service.kind === "repository" && <Badge>Imported</Badge>}
              </span>
            </Td>
            <Td className="w-full min-w-56">
              <StandingCell service={service} />
            </Td>
            <Td className="whitespace-nowrap">{service.owner}</Td>
            <Td className="whitespace-nowrap text-muted text-sm">
              {service.judgedAt ? <RelativeTime at={service.judgedAt} /> : "Not yet"}
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}

function StandingCell({ service: { problem, judgedAt, standing } }: { service: ScorecardSummary }) {
  if (problem !== undefined) {
    return (
      <>
        <StateMark state="unknown" label="Can't be judged" />
        <span className="line-clamp-2 text-muted text-sm" title={problem}>
          {problem}
        </span>
      </>
    );
  }
  if (!judgedAt) return <StateMark state="in-progress" label="Waits to be judged" />;
  return (
    <span className="flex flex-col gap-1.5">
      <StandingBar standing={standing} className="max-w-md" />
      <StandingCounts standing={standing} />
    </span>
  );
}

/** Which rules are broken most often; each leads to those that break it. */
export function RuleRanking({ rules, hrefOf }: { rules: readonly RuleStanding[]; hrefOf: (rule: string) => string }) {
  return (
    <ul className="divide-y divide-line">
      {rules.map(({ id, title, failing, of }) => (
        <li key={id}>
          <Link href={hrefOf(id)} className="flex flex-col gap-1 px-4 py-3 text-sm hover:bg-hover/60">
            <span className="flex items-center gap-2">
              <Badge>{id}</Badge>
              <span className="ml-auto text-muted tabular-nums">
                {failing.length} of {of}
              </span>
            </span>
            <span>{title}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

export function TeamList({ teams, hrefOf }: { teams: readonly TeamStanding[]; hrefOf: (team: string) => string }) {
  return (
    <ul className="divide-y divide-line">
      {teams.map(({ team, services, standing }) => (
        <li key={team}>
          <Link href={hrefOf(team)} className="flex flex-col gap-1.5 px-4 py-3 text-sm hover:bg-hover/60">
            <span className="flex justify-between gap-2">
              <span className="font-medium">{team}</span>
              <span className="text-muted tabular-nums">{services === 1 ? "1 service" : `${services} services`}</span>
            </span>
            <StandingBar standing={standing} />
          </Link>
        </li>
      ))}
    </ul>
  );
}
