import { may } from "@turnpike/domain/identity";
import { Card, EmptyState } from "@turnpike/ui";
import type { Metadata } from "next/types";
import { Page } from "../../../../frame/page.tsx";
import { pageActor } from "../../../../server/actor.ts";
import { container } from "../../../../server/deps.ts";
import { ImportForm } from "../../../../standards/import-form.tsx";

export const metadata: Metadata = { title: "Import a repository" };

export default async function ImportPage() {
  const actor = await pageActor();
  const deps = await container();
  const [teams, platforms] = await Promise.all([deps.teams.teams(), deps.platform.list("Platform")]);
  const owners = teams.map((team) => team.name).filter((team) => may(actor, "service:create", team));
  return (
    <Page
      title="Import a repository"
      lead="A repository that Turnpike never made can be judged by the standards like a service."
    >
      {owners.length > 0 ? (
        <ImportForm teams={owners} organisation={platforms[0]?.document.spec.organisation ?? "ORGANISATION"} />
      ) : (
        <Card>
          <EmptyState title="You can't import repositories">
            Importing one needs the role developer in a team. Ask an admin of your team to give it to you in the team's
            document in the platform repository.
          </EmptyState>
        </Card>
      )}
    </Page>
  );
}
