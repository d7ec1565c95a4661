import { Badge, StateBadge } from "@turnpike/ui";
import type { Metadata } from "next/types";
import type { ReactNode } from "react";
import { ProblemNotice } from "../../../../frame/problem.tsx";
import { Live } from "../../../../live/live.tsx";
import { showHealth } from "../../../../present/states.ts";
import { container } from "../../../../server/deps.ts";
import { LaneCard } from "../../../../service/lane-card.tsx";
import { readService } from "../../../../service/read-service.ts";
import { ServiceTabs } from "../../../../service/service-tabs.tsx";

type Params = Promise<{ name: string }>;

export async function generateMetadata({ params }: { params: Params }): Promise<Metadata> {
  return { title: (await params).name };
}

/** Is it well, what runs where, who owns it. */
export default async function ServiceLayout({ params, children }: { params: Params; children: ReactNode }) {
  const { name } = await params;
  const topics = [`service:${name}`];
  const { live } = await container();
  const revision = live.revision(topics);
  const found = await readService(name);
  if (!found.ok) return <ProblemNotice problem={found.problem} className="mx-auto max-w-2xl" />;
  const service = found.value;
  const { state, label } = showHealth(service.health);
  return (
    <div className="mx-auto flex max-w-[1800px] flex-col gap-5">
      <Live topics={topics} revision={revision} />
      <header className="flex flex-col gap-4">
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <h1 className="min-w-0 break-all font-semibold text-2xl tracking-tight">{service.name}</h1>
          <StateBadge state={state} label={label} />
          <Badge>{service.owner}</Badge>
          <a href={service.repository.htmlUrl} className="prose-link text-sm" rel="noreferrer">
            {service.repository.fullName}
          </a>
        </div>
        {service.description && <p className="-mt-2 max-w-prose break-words text-muted">{service.description}</p>}
        <div className="-mx-4 flex snap-x snap-mandatory scroll-px-4 gap-3 overflow-x-auto px-4 md:mx-0 md:overflow-visible md:px-0">
          {service.lanes.map((lane) => (
            <LaneCard key={lane.environment} service={service.name} lane={lane} />
          ))}
        </div>
      </header>
      <ServiceTabs service={service.name} />
      {children}
    </div>
  );
}
