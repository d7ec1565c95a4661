import { Ajv, type ErrorObject } from "ajv";
import addFormatsModule from "ajv-formats";
import type { LoadedTemplate } from "./template.ts";

// A CommonJS module with a default member, whichever way it is loaded.
const addFormats = addFormatsModule as unknown as (ajv: Ajv) => Ajv;

export type Validated =
  | { readonly kind: "valid"; readonly parameters: Record<string, unknown> }
  | { readonly kind: "invalid"; readonly problems: { field: string; message: string }[] };

/** `ui:*` hints and the like are for forms, not for validation. */
const isHint = (key: string) => key.startsWith("ui:") || key.startsWith("backstage:");

function withoutHints(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutHints);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !isHint(key))
      .map(([key, item]) => [key, withoutHints(item)]),
  );
}

function messageOf(error: ErrorObject): string {
  switch (error.keyword) {
    case "required":
      return "This is needed.";
    case "enum":
      return `Choose one of ${(error.params as { allowedValues: unknown[] }).allowedValues.join(", ")}.`;
    case "additionalProperties":
      return "The template has no such parameter.";
    default:
      return `This ${error.message ?? "is not valid"}.`;
  }
}

function fieldOf(error: ErrorObject): string {
  const { missingProperty, additionalProperty } = error.params as {
    missingProperty?: string;
    additionalProperty?: string;
  };
  return `${error.instancePath}/${missingProperty ?? additionalProperty ?? ""}`.replace(/\/$/, "");
}

/** Makes the check of a template's parameters: all sections as one object, defaults applied. */
export function createValidator(
  template: Pick<LoadedTemplate, "sections">,
): (parameters: Readonly<Record<string, unknown>>) => Validated {
  const ajv = addFormats(new Ajv({ allErrors: true, useDefaults: true, strict: false, ownProperties: true }));
  const schema = {
    type: "object",
    additionalProperties: false,
    properties: Object.assign({}, ...template.sections.map((section) => withoutHints(section.schema.properties))),
    required: template.sections.flatMap((section) => (section.schema.required as string[] | undefined) ?? []),
  };
  const check = ajv.compile(schema);
  return (parameters) => {
    const candidate = structuredClone(parameters) as Record<string, unknown>;
    if (check(candidate)) return { kind: "valid", parameters: candidate };
    return {
      kind: "invalid",
      problems: (check.errors ?? []).map((error) => ({ field: fieldOf(error), message: messageOf(error) })),
    };
  };
}
