"use client";

import { Checkbox, describedBy, Field, Input, Select, Textarea } from "@turnpike/ui";
import { answerOf, type Question } from "./schema.ts";

/** The control of one question. */
export function QuestionField({
  question,
  value,
  error,
  onChange,
}: {
  question: Question;
  value: unknown;
  error: string | undefined;
  onChange: (value: unknown) => void;
}) {
  const id = `parameter-${question.key}`;
  const shown = value === undefined || value === null ? "" : String(value);
  const common = {
    id,
    required: question.required,
    "aria-invalid": error ? true : undefined,
    "aria-describedby": describedBy(id, { help: question.help, error }),
  };
  const type = (typed: string) => onChange(answerOf(question, typed));
  if (question.kind === "yes-no") {
    return (
      <div>
        <Checkbox
          label={<span className="font-medium">{question.title}</span>}
          checked={value === true}
          onChange={({ target }) => onChange(target.checked)}
          {...common}
          required={false}
        />
        {question.help && (
          <p id={`${id}-help`} className="text-muted text-sm">
            {question.help}
          </p>
        )}
        {error && (
          <p id={`${id}-error`} className="text-failing text-sm">
            {error}
          </p>
        )}
      </div>
    );
  }
  return (
    <Field id={id} label={question.title} help={question.help} error={error} optional={!question.required}>
      {question.kind === "choice" && (
        <Select value={shown} onChange={({ target }) => type(target.value)} {...common}>
          {(!question.required || value === undefined) && <option value="">Choose</option>}
          {question.choices.map(({ value: each, label }) => (
            <option key={String(each)} value={String(each)}>
              {label}
            </option>
          ))}
        </Select>
      )}
      {question.kind === "lines" && (
        <Textarea
          value={shown}
          placeholder={question.placeholder}
          maxLength={question.maxLength}
          onChange={({ target }) => type(target.value)}
          {...common}
        />
      )}
      {(question.kind === "text" || question.kind === "number" || question.kind === "integer") && (
        <Input
          value={shown}
          inputMode={question.kind === "text" ? "text" : question.kind === "integer" ? "numeric" : "decimal"}
          placeholder={question.placeholder}
          maxLength={question.maxLength}
          autoComplete="off"
          onChange={({ target }) => type(target.value)}
          {...common}
        />
      )}
      {question.kind === "unknown" && (
        <p className="text-muted text-sm">
          This form has no control for this kind of value; the template's default is used. Services that need another
          are made through the API.
        </p>
      )}
    </Field>
  );
}
