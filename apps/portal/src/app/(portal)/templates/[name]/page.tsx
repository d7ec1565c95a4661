import { may } from "@turnpike/domain/identity";
import { getTemplate } from "@turnpike/domain/scaffolding";
import { Card, EmptyState } from "@turnpike/ui";
import { notFound } from "next/navigation";
import type { Metadata } from "next/types";
import { CreateService } from "../../../../create/create-service.tsx";
import { Page } from "../../../../frame/page.tsx";
import { pageActor } from "../../../../server/actor.ts";
import { container } from "../../../../server/deps.ts";

export const metadata: Metadata = { title: "Create a service" };

export default async function TemplatePage({
  params,
  searchParams,
}: {
  params: Promise<{ name: string }>;
  searchParams: Promise<{ created?: string | string[] }>;
}) {
  const { name } = await params;
  const { created } = await searchParams;
  const actor = await pageActor();
  const deps = await container();
  const [template, teams] = await Promise.all([getTemplate(deps, name), deps.teams.teams()]);
  if (!template) notFound();
  const owners = teams.map((team) => team.name).filter((team) => may(actor, "service:create", team));
  return (
    <Page title={`Create a service: ${template.title}`} lead={template.description} width="wide">
      {owners.length > 0 ? (
        <CreateService
          key={template.name}
          template={template}
          teams={owners}
          asked={typeof created === "string" ? created : undefined}
        />
      ) : (
        <Card>
          <EmptyState title="You can't create services">
            Creating one needs the role developer in a team. Ask an admin of your team to give it to you in the team's
            document in the platform repository.
          </EmptyState>
        </Card>
      )}
    </Page>
  );
}
