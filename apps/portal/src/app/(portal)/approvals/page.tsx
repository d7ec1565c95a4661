import { listPastReleases, listWaitingReleases } from "@turnpike/domain/releases";
import { buttonClass, Card, CardHeader, EmptyState } from "@turnpike/ui";
import Link from "next/link";
import type { Metadata } from "next/types";
import { Page } from "../../../frame/page.tsx";
import { Live } from "../../../live/live.tsx";
import { PastReleases, WaitingReleases } from "../../../present/release-rows.tsx";
import { pageActor } from "../../../server/actor.ts";
import { container } from "../../../server/deps.ts";

export const metadata: Metadata = { title: "Approvals" };

const topics = ["approvals"];

export default async function ApprovalsPage() {
  const actor = await pageActor();
  const deps = await container();
  const revision = deps.live.revision(topics);
  const [waiting, past] = await Promise.all([listWaitingReleases(deps, actor), listPastReleases(deps, actor)]);
  return (
    <Page title="Approvals" lead="Candidates that are tested in dev and wait for a person before production.">
      <Live topics={topics} revision={revision} />
      <Card aria-labelledby="waiting">
        <CardHeader id="waiting" title="Waiting for a decision" count={waiting.length} />
        {waiting.length > 0 ? (
          <WaitingReleases releases={waiting} />
        ) : (
          <EmptyState
            title="Nothing waits for a decision"
            actions={
              <Link href="/services" className={buttonClass()}>
                All services
              </Link>
            }
          >
            When a pipeline reaches its production gate, its candidate appears here with the evidence.
          </EmptyState>
        )}
      </Card>
      {past.length > 0 && (
        <Card aria-labelledby="past">
          <CardHeader id="past" title="Past releases" count={past.length} />
          <PastReleases releases={past} />
        </Card>
      )}
    </Page>
  );
}
