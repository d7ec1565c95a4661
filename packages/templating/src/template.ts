import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { type ParsedDocument, parseTemplateDocument, VERSION } from "./document.ts";
import { createValidator, type Filled, type ParameterSchema, splitSections } from "./parameters.ts";
import { readSteps, type TemplateStep } from "./steps.ts";

/** A template that can be offered: Backstage's `scaffolder.backstage.io/v1beta3`, read and checked. */
export interface LoadedTemplate {
  readonly name: string;
  readonly version: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly owner: string;
  /** What a person is asked beside name, owner and description, which Turnpike asks of every service. */
  readonly sections: readonly { title: string; description?: string; schema: { readonly [key: string]: unknown } }[];
  /** What the template says of name, owner and description: checked when it is rendered. */
  readonly own: ParameterSchema;
  /** What was measured of what it makes; undefined where nothing was. */
  readonly figures: Figures | undefined;
  readonly filled: readonly Filled[];
  readonly steps: readonly TemplateStep[];
}

const figuresFile = z.strictObject({
  /** Median of a first invocation's initialisation, tracing on, in milliseconds. */
  coldStartMs: z.number().nonnegative(),
  /** Median of a warm invocation, in milliseconds. */
  durationMs: z.number().nonnegative(),
  /** Written to the log for each invocation. */
  logBytes: z.number().nonnegative(),
  /** Largest file of the built functions, in units of 1,024 bytes. */
  bundleKb: z.number().nonnegative(),
  /** The day, such as 2026-11-24. */
  measuredOn: z.iso.date(),
});

type Figures = z.infer<typeof figuresFile>;

export type TemplateResult =
  | { readonly kind: "valid"; readonly template: LoadedTemplate }
  | { readonly kind: "invalid"; readonly name: string; readonly problems: readonly string[] };

const FILE = "template.yaml";
/** Written by `npm run bench -- paths --write`. */
const FIGURES = "figures.json";

/** Reads every template below `directory`, one folder each; a bad one doesn't hide the others. */
export function loadTemplates(directory: string): TemplateResult[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(path.join(directory, entry.name, FILE)))
    .map((entry) => loadTemplate(path.join(directory, entry.name)))
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

const nameOf = (result: TemplateResult) => (result.kind === "valid" ? result.template.name : result.name);

/** Reads one template from its folder. Never raises: what is wrong is told with file and line. */
export function loadTemplate(folder: string): TemplateResult {
  const name = path.basename(folder);
  const invalid = (problems: readonly string[]): TemplateResult => ({ kind: "invalid", name, problems });
  try {
    const parsed = parseTemplateDocument(readFileSync(path.join(folder, FILE), "utf8"));
    if (!parsed.document) return invalid(parsed.problems);
    const problems: string[] = [];
    const template = build(folder, parsed, parsed.document, problems);
    return problems.length > 0 ? invalid(problems) : { kind: "valid", template };
  } catch (error) {
    // The file system's own word: gone between two looks, or not readable.
    return invalid([`${FILE}:1 ${error instanceof Error ? error.message : error}`]);
  }
}

function build(
  folder: string,
  { at }: ParsedDocument,
  { metadata, spec }: NonNullable<ParsedDocument["document"]>,
  problems: string[],
): LoadedTemplate {
  if (metadata.name !== path.basename(folder)) {
    problems.push(
      `${at(["metadata", "name"])} metadata.name is ${metadata.name}, its folder ${path.basename(folder)}.`,
    );
  }
  const { sections, own, filled, problems: unsupported } = splitSections(spec.parameters);
  for (const { index, message } of unsupported) problems.push(`${at(["spec", "parameters", index])} ${message}`);
  for (const schema of [...sections.map((section) => section.schema as unknown as ParameterSchema), own]) {
    try {
      createValidator([schema]);
    } catch (error) {
      problems.push(`${at(["spec", "parameters"])} ${error instanceof Error ? error.message : error}`);
    }
  }
  const steps = readSteps(folder, { at }, spec.steps, problems);
  const { title, description, tags, annotations, name } = metadata;
  const figures = readFigures(folder, problems);
  return {
    name,
    version: annotations[VERSION],
    title,
    description,
    tags,
    owner: spec.owner,
    sections,
    own,
    figures,
    filled,
    steps,
  };
}

function readFigures(folder: string, problems: string[]): Figures | undefined {
  const file = path.join(folder, FIGURES);
  if (!existsSync(file)) return undefined;
  try {
    return figuresFile.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    problems.push(`${FIGURES}:1 ${error instanceof z.ZodError ? z.prettifyError(error) : error}`);
    return undefined;
  }
}
