import { listServices, type ServiceSummary } from "@turnpike/domain/catalog";
import {
  buttonClass,
  Card,
  EmptyState,
  Hash,
  RelativeTime,
  StateIcon,
  StateMark,
  Table,
  Td,
  Th,
  Tr,
} from "@turnpike/ui";
import Form from "next/form";
import Link from "next/link";
import type { Metadata } from "next/types";
import { Page } from "../../../frame/page.tsx";
import { Live } from "../../../live/live.tsx";
import { FilterInput } from "../../../present/filter-input.tsx";
import { showHealth } from "../../../present/states.ts";
import { pageActor } from "../../../server/actor.ts";
import { container } from "../../../server/deps.ts";

export const metadata: Metadata = { title: "Services" };

const topics = ["services", "approvals"];
const PAGE_SIZE = 100;

interface Search {
  q?: string | string[];
  page?: string | string[];
}

export default async function ServicesPage({ searchParams }: { searchParams: Promise<Search> }) {
  const actor = await pageActor();
  const deps = await container();
  const revision = deps.live.revision(topics);
  const { q, page } = await searchParams;
  const query = typeof q === "string" ? q.trim().toLowerCase() : "";
  const services = await listServices(deps, actor);
  const matching = services.filter(({ name, owner, description }) =>
    [name, owner, description].some((text) => text.toLowerCase().includes(query)),
  );
  const pages = Math.max(1, Math.ceil(matching.length / PAGE_SIZE));
  const at = Math.min(pages, Math.max(1, Number(page) || 1));
  return (
    <Page
      title="Services"
      width="wide"
      actions={
        <Link href="/templates" className={buttonClass({ variant: "primary" })}>
          Create service
        </Link>
      }
    >
      <Live topics={topics} revision={revision} />
      <Card>
        {services.length > 0 && (
          <Form action="/services" className="flex items-center gap-3 border-line border-b p-3">
            <FilterInput name="q" value={query} label="Filter by name, owner or description" />
            <span role="status" className="text-muted text-sm tabular-nums">
              {query ? `${matching.length} of ${services.length}` : `${services.length}`}
            </span>
          </Form>
        )}
        {matching.length > 0 ? (
          <ServiceTable services={matching.slice((at - 1) * PAGE_SIZE, at * PAGE_SIZE)} />
        ) : services.length > 0 ? (
          <EmptyState title="No service matches">Try a part of its name, its team or its description.</EmptyState>
        ) : (
          <EmptyState
            title="Your teams have no services yet"
            actions={
              <Link href="/templates" className={buttonClass({ variant: "primary" })}>
                Choose a template
              </Link>
            }
          >
            A service begins with a template. Its repository, pipeline and first deployment follow by themselves.
          </EmptyState>
        )}
        {pages > 1 && <Pages at={at} pages={pages} query={query} />}
      </Card>
    </Page>
  );
}

function ServiceTable({ services }: { services: readonly ServiceSummary[] }) {
  const environments = [...new Set(services.flatMap(({ lanes }) => lanes.map(({ environment }) => environment)))];
  return (
    <Table label="Services">
      <thead>
        <tr>
          <Th>Service</Th>
          <Th className="hidden sm:table-cell">Health</Th>
          {environments.map((environment) => (
            <Th key={environment}>{environment}</Th>
          ))}
          <Th>Owner</Th>
          <Th>Last pipeline run</Th>
        </tr>
      </thead>
      <tbody>
        {services.map((service) => {
          const { state, label } = showHealth(service.health);
          return (
            <Tr key={service.name}>
              <Td className="max-w-52 sm:max-w-80">
                <span className="flex min-w-0 items-center gap-2">
                  <StateIcon state={state} label={label} className="sm:hidden" />
                  <Link
                    data-row
                    href={`/services/${service.name}`}
                    className="truncate rounded-mark font-medium hover:underline"
                    title={service.name}
                  >
                    {service.name}
                  </Link>
                </span>
                <span className="block truncate text-muted text-sm" title={service.description}>
                  {service.description}
                </span>
              </Td>
              <Td className="hidden max-w-72 sm:table-cell">
                <StateMark state={state} label={label} />
                <span className="block truncate text-muted text-sm" title={service.reason}>
                  {service.reason}
                </span>
              </Td>
              {environments.map((environment) => (
                <Td key={environment} className="whitespace-nowrap">
                  <LaneCell service={service} environment={environment} />
                </Td>
              ))}
              <Td className="whitespace-nowrap">{service.owner}</Td>
              <Td className="whitespace-nowrap text-muted text-sm">
                {service.latestExecution ? <RelativeTime at={service.latestExecution.startedAt} /> : "Never"}
              </Td>
            </Tr>
          );
        })}
      </tbody>
    </Table>
  );
}

function LaneCell({ service, environment }: { service: ServiceSummary; environment: string }) {
  const lane = service.lanes.find((each) => each.environment === environment);
  if (!lane) return <span className="text-muted text-sm">Not used</span>;
  return (
    <span className="inline-flex items-center gap-2" title={lane.reason}>
      <StateIcon state={lane.health} />
      {lane.deployed ? (
        <Hash value={lane.deployed.commit} label={`commit in ${environment}`} />
      ) : (
        <span className="text-muted text-sm">Not deployed</span>
      )}
    </span>
  );
}

function Pages({ at, pages, query }: { at: number; pages: number; query: string }) {
  const to = (page: number) =>
    `/services?${new URLSearchParams({ ...(query ? { q: query } : {}), page: String(page) })}`;
  return (
    <nav aria-label="Pages" className="flex items-center justify-end gap-3 border-line border-t p-3 text-sm">
      {at > 1 && (
        <Link href={to(at - 1)} className={buttonClass({ size: "small" })}>
          Previous
        </Link>
      )}
      <span className="tabular-nums">
        Page {at} of {pages}
      </span>
      {at < pages && (
        <Link href={to(at + 1)} className={buttonClass({ size: "small" })}>
          Next
        </Link>
      )}
    </nav>
  );
}
