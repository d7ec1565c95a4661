import { offerTemplates } from "@turnpike/domain/scaffolding";
import { Badge, Card, EmptyState, Notice } from "@turnpike/ui";
import Link from "next/link";
import type { Metadata } from "next/types";
import { Page } from "../../../frame/page.tsx";
import { pageActor } from "../../../server/actor.ts";
import { container } from "../../../server/deps.ts";
import { TemplateFacts } from "../../../templates/template-facts.tsx";

export const metadata: Metadata = { title: "Templates" };

export default async function TemplatesPage() {
  await pageActor();
  const { templates, broken } = await offerTemplates(await container());
  return (
    <Page
      title="Templates"
      lead="Each is a paved road: code, infrastructure, tests and a pipeline to production that work from the first minute."
    >
      {broken.map(({ name, problems }) => (
        <Notice key={name} state="attention" title={`The template ${name} can't be offered`}>
          <ul className="list-disc pl-4">
            {problems.map((problem) => (
              <li key={problem} className="break-words">
                {problem}
              </li>
            ))}
          </ul>
        </Notice>
      ))}
      {templates.length === 0 ? (
        <Card>
          <EmptyState title="There are no templates">
            Platform engineers add them to the installation's templates folder. Nothing can be created until there is
            one.
          </EmptyState>
        </Card>
      ) : (
        <ul className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
          {templates.map((template) => (
            <li key={template.name} className="flex">
              <Card className="relative flex flex-1 flex-col gap-3 p-5 hover:border-control">
                <h2 className="font-semibold text-lg">
                  <Link
                    data-row
                    href={`/templates/${template.name}`}
                    className="rounded-mark after:absolute after:inset-0 hover:underline"
                  >
                    {template.title}
                  </Link>
                </h2>
                <p className="flex-1 text-muted">{template.description}</p>
                <div className="flex flex-wrap items-center gap-1.5">
                  {template.tags.map((tag) => (
                    <Badge key={tag}>{tag}</Badge>
                  ))}
                </div>
                <TemplateFacts template={template} />
                <p className="text-muted text-sm">
                  Version {template.version}, owned by {template.owner}
                </p>
              </Card>
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}
