"use client";

import type { FieldProblem, NewService, TemplateDetail } from "@turnpike/domain/scaffolding";
import { Button, Card, CardHeader, describedBy, Field, Input, Notice, Select } from "@turnpike/ui";
import { useEffect, useRef, useState, useTransition } from "react";
import { partsOf } from "../frame/parts-of.ts";
import { requestServiceAction } from "./actions.ts";
import { LiveChecklist } from "./live-checklist.tsx";
import { PreviewPane, type Rendered } from "./preview-pane.tsx";
import { QuestionField } from "./question-field.tsx";
import { defaultsOf, questionsOf } from "./schema.ts";
import { usePreview } from "./use-preview.ts";

/** Left the questions, right what the answers lead to; after the click, right the steps as they are taken. */
export function CreateService({
  template,
  teams,
  asked,
}: {
  template: TemplateDetail;
  teams: readonly string[];
  /** Name of a service that was asked for on this page, before it was loaded again. */
  asked: string | undefined;
}) {
  const [service, setService] = useState<NewService>({
    template: template.name,
    name: asked ?? "",
    owner: teams[0] ?? "",
    description: "",
    parameters: defaultsOf(template.sections),
  });
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [refused, setRefused] = useState<readonly FieldProblem[]>([]);
  const [problem, setProblem] = useState<string>();
  const [created, setCreated] = useState(asked);
  const [pending, startTransition] = useTransition();
  const form = useRef<HTMLFormElement>(null);
  const pane = useRef<HTMLElement>(null);
  const preview = usePreview(service, created === undefined);
  const answered = preview.kind === "answered" ? preview.preview : undefined;
  const rendered = useLastRendered(answered?.kind === "rendered" ? answered : undefined);

  // The server's word on each field: after the click of all, before it of those that were touched.
  const live = answered?.kind === "invalid" ? answered.problems : [];
  const problems = [...refused, ...live.filter(({ field }) => touched.has(field))];
  const errorOf = (field: string) => problems.find((each) => each.field === field)?.message;
  const elsewhere = problems.filter(({ field }) => !knownFields(template).has(field));

  const change = (field: string, next: Partial<NewService>) => {
    setService((known) => ({ ...known, ...next }));
    setTouched((known) => new Set(known).add(field));
    setRefused((known) => known.filter((each) => each.field !== field));
    setProblem(undefined);
  };
  const submit = () =>
    startTransition(async () => {
      const result = await requestServiceAction(service);
      if (!result.ok) setProblem(result.problem.message);
      else if (result.value.kind === "accepted") {
        setCreated(result.value.service);
        // Loaded again, the page goes on showing the steps.
        window.history.replaceState(null, "", `?created=${encodeURIComponent(result.value.service)}`);
      } else if (result.value.kind === "taken") setRefused([{ field: "name", message: result.value.message }]);
      else setRefused(result.value.problems);
    });

  // Once the answer is on the page: the first field to correct, or, where the panes are stacked, the steps.
  useEffect(() => {
    if (!pending && refused.length > 0) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [pending, refused]);
  useEffect(() => {
    if (created !== undefined) pane.current?.scrollIntoView({ block: "nearest" });
  }, [created]);

  return (
    <div className="grid items-start gap-5 xl:grid-cols-[minmax(22rem,30rem)_minmax(0,1fr)]">
      <form
        ref={form}
        noValidate
        aria-label={`Create a service from ${template.title}`}
        className="flex min-w-0 flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (!pending) submit();
        }}
      >
        <fieldset disabled={pending || created !== undefined} className="contents">
          <Card>
            <CardHeader title="The service" />
            <div className="flex flex-col gap-5 p-4">
              <Field
                id="name"
                label="Name"
                help="Becomes the repository, the pipeline and the stack. 3 to 40 lower-case letters, digits and hyphens, such as orders or card-payments."
                error={errorOf("name")}
              >
                <Input
                  id="name"
                  name="name"
                  value={service.name}
                  required
                  autoComplete="off"
                  spellCheck={false}
                  className="font-mono"
                  aria-invalid={errorOf("name") ? true : undefined}
                  aria-describedby={describedBy("name", { help: true, error: errorOf("name") })}
                  onChange={({ target }) => change("name", { name: target.value })}
                />
              </Field>
              <Field
                id="owner"
                label="Owner"
                help="The team that runs it, is called when it fails and approves its releases."
                error={errorOf("owner")}
              >
                <Select
                  id="owner"
                  value={service.owner}
                  required
                  aria-invalid={errorOf("owner") ? true : undefined}
                  aria-describedby={describedBy("owner", { help: true, error: errorOf("owner") })}
                  onChange={({ target }) => change("owner", { owner: target.value })}
                >
                  {teams.map((team) => (
                    <option key={team}>{team}</option>
                  ))}
                </Select>
              </Field>
              <Field
                id="description"
                label="Description"
                optional
                help="One line for people who find it in a list: what it does, for whom."
                error={errorOf("description")}
              >
                <Input
                  id="description"
                  value={service.description}
                  autoComplete="off"
                  aria-invalid={errorOf("description") ? true : undefined}
                  aria-describedby={describedBy("description", { help: true, error: errorOf("description") })}
                  onChange={({ target }) => change("description", { description: target.value })}
                />
              </Field>
            </div>
          </Card>
          {template.sections.map((section) => (
            <Card key={section.title}>
              <CardHeader title={section.title} />
              <div className="flex flex-col gap-5 p-4">
                {section.description && <p className="text-muted">{section.description}</p>}
                {questionsOf(section.schema).map((question) => (
                  <QuestionField
                    key={question.key}
                    question={question}
                    value={service.parameters[question.key]}
                    error={errorOf(`/${question.key}`)}
                    onChange={(value) =>
                      change(`/${question.key}`, { parameters: { ...service.parameters, [question.key]: value } })
                    }
                  />
                ))}
              </div>
            </Card>
          ))}
          {(problem || elsewhere.length > 0) && (
            <Notice
              state="failing"
              title={problem ? partsOf(problem).happened : "Some answers don't fit this template"}
            >
              {problem && <p>{partsOf(problem).rest}</p>}
              {elsewhere.map(({ field, message }) => (
                <p key={`${field} ${message}`} className="break-words">
                  <code className="font-mono">{field}</code>: {message}
                </p>
              ))}
            </Notice>
          )}
          {created === undefined && (
            <Button type="submit" variant="primary" size="touch" className="self-start">
              {pending ? "Creating …" : "Create service"}
            </Button>
          )}
        </fieldset>
      </form>
      <Card
        ref={pane}
        aria-label={created ? `Progress of ${created}` : "Preview"}
        aria-busy={preview.kind === "answered" && preview.stale}
        className="scroll-my-20 overflow-hidden xl:sticky xl:top-20 xl:h-[calc(100dvh-6.5rem)]"
      >
        {created ? <LiveChecklist service={created} /> : <PreviewPane state={preview} rendered={rendered} />}
      </Card>
    </div>
  );
}

function knownFields(template: TemplateDetail): Set<string> {
  const parameters = template.sections.flatMap(({ schema }) => questionsOf(schema).map(({ key }) => `/${key}`));
  return new Set(["name", "owner", "description", ...parameters]);
}

/** The newest rendering: while an answer is half typed, its last good one stays on the page. */
function useLastRendered(rendered: Rendered | undefined): Rendered | undefined {
  const [last, setLast] = useState(rendered);
  if (rendered && rendered !== last) setLast(rendered);
  return rendered ?? last;
}
