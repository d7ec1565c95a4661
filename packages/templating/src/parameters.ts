import { Ajv, type ErrorObject } from "ajv";
import addFormatsModule from "ajv-formats";
import type { Section } from "./document.ts";

// A CommonJS module with a default member, whichever way it is loaded.
const addFormats = addFormatsModule as unknown as (ajv: Ajv) => Ajv;

export type Validated =
  | { readonly kind: "valid"; readonly parameters: Record<string, unknown> }
  | { readonly kind: "invalid"; readonly problems: { field: string; message: string }[] };

/** The part of a JSON Schema that a section may have. */
export interface ParameterSchema {
  readonly properties: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
}

/** What Turnpike asks of every service, so a template's own form needn't. */
const OWN = ["name", "owner", "description"];

/** Backstage's pickers of what Turnpike asks, or knows, itself. */
const PICKERS = new Map<unknown, Filled["with"]>([
  ["OwnerPicker", "owner"],
  ["OwnedEntityPicker", "owner"],
  ["MyGroupsPicker", "owner"],
  ["RepoUrlPicker", "repository"],
  ["EntityNamePicker", "name"],
]);

/** A parameter that nobody is asked: Turnpike fills it in. */
export interface Filled {
  readonly key: string;
  readonly with: "owner" | "repository" | "name";
}

/** `ui:*` hints and the like are for forms, not for validation. */
const isHint = (key: string) => key.startsWith("ui:") || key.startsWith("backstage:");

/**
 * A template's sections without what Turnpike asks or fills in itself, a section that has nothing else left out, and
 * what they say of name, owner and description. Conditions between parameters and secrets aren't supported, and said to
 * be so.
 */
export function splitSections(sections: readonly Section[]) {
  const problems: { index: number; message: string }[] = [];
  const filled: Filled[] = sections.flatMap(({ properties }) =>
    Object.entries(properties).flatMap(([key, schema]) => {
      const known = PICKERS.get(schema["ui:field"]);
      return known ? [{ key, with: known }] : [];
    }),
  );
  const isFilled = (key: string) => filled.some((each) => each.key === key);
  const isOwn = (key: string) => OWN.includes(key) || isFilled(key);
  const isChecked = (key: string) => OWN.includes(key) && !isFilled(key);
  const pick = (wanted: (key: string) => boolean) => ({
    properties: Object.assign(
      {},
      ...sections.map(({ properties }) => filter(properties, wanted)),
    ) as ParameterSchema["properties"],
    required: sections.flatMap(({ required = [] }) => required.filter(wanted)),
  });
  const shown = sections.flatMap((section, index) => {
    const { title, description, properties, required = [], ...more } = section;
    for (const key of Object.keys(more).filter(
      (each) => !isHint(each) && !["type", "additionalProperties"].includes(each),
    )) {
      problems.push({
        index,
        message: `${key} isn't supported in a section: title, description, required and properties are.`,
      });
    }
    for (const [key, schema] of Object.entries(properties)) {
      if (schema["ui:field"] === "Secret") {
        problems.push({
          index,
          message: `${key}: a secret would end in Git. Leave it out, and let the service read it from Secrets Manager.`,
        });
      }
    }
    const others = filter(properties, (key) => !isOwn(key));
    if (Object.keys(others).length === 0 && Object.keys(properties).length > 0) return [];
    return [
      {
        title,
        ...(description ? { description } : {}),
        schema: {
          type: "object",
          additionalProperties: false,
          ...filter(more, isHint),
          required: required.filter((key) => !isOwn(key)),
          properties: others,
        },
      },
    ];
  });
  return { sections: shown, own: pick(isChecked), filled, problems };
}

function filter<T>(record: Readonly<Record<string, T>>, wanted: (key: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => wanted(key)));
}

function withoutHints(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutHints);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !isHint(key))
      .map(([key, item]) => [key, withoutHints(item)]),
  );
}

/** What is wrong, in words for who fills in the form. */
function messageOf({ keyword, params, message }: ErrorObject): string {
  const limit = String((params as { limit?: number }).limit ?? "");
  switch (keyword) {
    case "required":
      return "This is needed.";
    case "enum":
      return `Choose one of ${(params as { allowedValues: unknown[] }).allowedValues.join(", ")}.`;
    case "additionalProperties":
      return "The template has no such parameter.";
    case "minimum":
      return `This must be at least ${limit}.`;
    case "maximum":
      return `This must be at most ${limit}.`;
    case "minLength":
      return limit === "1" ? "This is needed." : `At least ${limit} characters.`;
    case "maxLength":
      return `At most ${limit} characters.`;
    case "pattern":
      return `This must have the form ${(params as { pattern: string }).pattern}.`;
    case "format":
      return `This must be a ${(params as { format: string }).format}.`;
    case "type":
      return (params as { type: string }).type === "integer"
        ? "This must be a whole number."
        : `This must be a ${(params as { type: string }).type}.`;
    default:
      return `This ${message ?? "is not valid"}.`;
  }
}

function fieldOf(error: ErrorObject): string {
  const { missingProperty, additionalProperty } = error.params as {
    missingProperty?: string;
    additionalProperty?: string;
  };
  return `${error.instancePath}/${missingProperty ?? additionalProperty ?? ""}`.replace(/\/$/, "");
}

/**
 * Makes the check of a template's parameters: all sections as one object, defaults applied. What was given is not
 * changed. Raises ajv's `Error` when a schema is none.
 */
export function createValidator(
  schemas: readonly ParameterSchema[],
): (parameters: Readonly<Record<string, unknown>>) => Validated {
  const ajv = addFormats(new Ajv({ allErrors: true, useDefaults: true, strict: false, ownProperties: true }));
  const check = ajv.compile({
    type: "object",
    additionalProperties: false,
    properties: Object.assign({}, ...schemas.map(({ properties }) => withoutHints(properties))),
    required: [...new Set(schemas.flatMap(({ required = [] }) => required))],
  });
  return (parameters) => {
    const candidate = structuredClone(parameters) as Record<string, unknown>;
    if (check(candidate)) return { kind: "valid", parameters: candidate };
    return {
      kind: "invalid",
      problems: (check.errors ?? []).map((error) => ({ field: fieldOf(error), message: messageOf(error) })),
    };
  };
}
