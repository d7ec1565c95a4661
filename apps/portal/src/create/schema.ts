import type { JsonSchema } from "@turnpike/domain/scaffolding";

/** One question of a template, from the JSON Schema of a property and the `ui:*` hints beside it. */
export interface Question {
  readonly key: string;
  readonly kind: "text" | "lines" | "number" | "integer" | "yes-no" | "choice" | "unknown";
  readonly title: string;
  readonly help: string | undefined;
  readonly placeholder: string | undefined;
  readonly required: boolean;
  readonly default: unknown;
  readonly choices: readonly { readonly value: unknown; readonly label: string }[];
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  readonly maxLength: number | undefined;
}

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const isObject = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function kindOf(schema: JsonSchema): Question["kind"] {
  if (Array.isArray(schema.enum)) return "choice";
  switch (schema.type) {
    case "string":
      return schema["ui:widget"] === "textarea" ? "lines" : "text";
    case "number":
      return "number";
    case "integer":
      return "integer";
    case "boolean":
      return "yes-no";
    default:
      return "unknown";
  }
}

/** The questions of one section, in its order. */
export function questionsOf(section: JsonSchema): Question[] {
  if (!isObject(section.properties)) return [];
  const required = Array.isArray(section.required) ? section.required : [];
  return Object.entries(section.properties).flatMap(([key, schema]) => {
    if (!isObject(schema)) return [];
    const names = Array.isArray(schema.enumNames) ? schema.enumNames : [];
    const choices = Array.isArray(schema.enum) ? schema.enum : [];
    return [
      {
        key,
        kind: kindOf(schema),
        title: text(schema.title) ?? key,
        help: text(schema.description) ?? text(schema["ui:help"]),
        placeholder: text(schema["ui:placeholder"]),
        required: required.includes(key),
        default: schema.default,
        choices: choices.map((value, index) => ({ value, label: text(names[index]) ?? String(value) })),
        minimum: number(schema.minimum),
        maximum: number(schema.maximum),
        maxLength: number(schema.maxLength),
      },
    ];
  });
}

/** What a form begins with: the template's defaults. */
export function defaultsOf(sections: readonly { schema: JsonSchema }[]): Record<string, unknown> {
  return Object.fromEntries(
    sections
      .flatMap(({ schema }) => questionsOf(schema))
      .filter((question) => question.default !== undefined)
      .map((question) => [question.key, question.default]),
  );
}

/** What was typed, as the schema's type. An empty answer is no answer, so that the template's own rules speak. */
export function answerOf(question: Question, typed: string): unknown {
  if (typed === "") return undefined;
  if (question.kind === "choice") return question.choices.find(({ value }) => String(value) === typed)?.value;
  if (question.kind === "number" || question.kind === "integer") {
    const value = Number(typed);
    // Left as text: the server then says what is wrong with it, beside the field.
    return Number.isNaN(value) ? typed : value;
  }
  return typed;
}
