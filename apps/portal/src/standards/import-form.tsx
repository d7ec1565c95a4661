"use client";

import type { ImportProblem, NewImport } from "@turnpike/domain/scorecards";
import { Button, Card, describedBy, Field, Input, Notice, Select } from "@turnpike/ui";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { partsOf } from "../frame/parts-of.ts";
import { importRepositoryAction } from "./actions.ts";

/** Asks which repository shall be judged, and for whom. */
export function ImportForm({ teams, organisation }: { teams: readonly string[]; organisation: string }) {
  const router = useRouter();
  const [input, setInput] = useState<NewImport>({
    repository: "",
    owner: teams[0] ?? "",
    branch: "main",
    template: "",
  });
  const [problems, setProblems] = useState<readonly ImportProblem[]>([]);
  const [problem, setProblem] = useState<string>();
  const [pending, startTransition] = useTransition();
  const change = (next: Partial<NewImport>) => {
    setInput((known) => ({ ...known, ...next }));
    setProblems((known) => known.filter(({ field }) => !(field in next)));
    setProblem(undefined);
  };
  const submit = () =>
    startTransition(async () => {
      const answer = await importRepositoryAction(input);
      if (!answer.ok) setProblem(answer.problem.message);
      else if (answer.value.kind === "invalid") setProblems(answer.value.problems);
      else router.push(`/standards/${answer.value.name}`);
    });
  const errorOf = (field: keyof NewImport) => problems.find((each) => each.field === field)?.message;
  const control = (field: keyof NewImport) => ({
    id: field,
    name: field,
    value: input[field],
    "aria-invalid": errorOf(field) ? (true as const) : undefined,
    "aria-describedby": describedBy(field, { help: true, error: errorOf(field) }),
    onChange: ({ target }: { target: { value: string } }) => change({ [field]: target.value }),
  });
  return (
    <Card className="max-w-2xl">
      <form
        noValidate
        aria-label="Import a repository"
        className="flex flex-col gap-5 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!pending) submit();
        }}
      >
        <Field
          id="repository"
          label="Repository"
          help={`On GitHub, where Turnpike's App may read it: its address, ${organisation}/NAME, or the name alone.`}
          error={errorOf("repository")}
        >
          <Input {...control("repository")} required autoComplete="off" spellCheck={false} className="font-mono" />
        </Field>
        <Field id="owner" label="Owner" help="The team whose scorecard it is." error={errorOf("owner")}>
          <Select {...control("owner")} required>
            {teams.map((team) => (
              <option key={team}>{team}</option>
            ))}
          </Select>
        </Field>
        <Field id="branch" label="Branch" help="Each push to it is judged." error={errorOf("branch")}>
          <Input {...control("branch")} required autoComplete="off" spellCheck={false} className="font-mono" />
        </Field>
        <Field
          id="template"
          label="Template"
          optional
          help="Path of its template of SAM or CloudFormation, where it isn't template.yaml or another customary one."
          error={errorOf("template")}
        >
          <Input {...control("template")} autoComplete="off" spellCheck={false} className="font-mono" />
        </Field>
        {problem && (
          <Notice state="failing" title={partsOf(problem).happened}>
            <p>{partsOf(problem).rest}</p>
          </Notice>
        )}
        <p className="text-muted text-sm">
          Importing commits a document to the platform repository in your name. Nothing in the repository itself is
          changed, and no pipeline is made.
        </p>
        <Button type="submit" variant="primary" size="touch" className="self-start">
          {pending ? "Importing …" : "Import repository"}
        </Button>
      </form>
    </Card>
  );
}
