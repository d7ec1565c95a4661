import type { CostEstimate } from "../costs/index.ts";
import type { RuleView } from "../standards/index.ts";

/** What the portal shows and sends while a service is being made. */

export interface TemplateSummary {
  readonly name: string;
  readonly version: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly owner: string;
  /** What was measured of what it makes; undefined where nothing was. */
  readonly figures: TemplateFigures | undefined;
}

/** Medians, in the sandbox. */
interface TemplateFigures {
  /** Initialisation of a first invocation, tracing on. */
  readonly coldStartMs: number;
  /** A warm invocation. */
  readonly durationMs: number;
  /** Written to the log for each invocation. */
  readonly logBytes: number;
  /** Largest file of the built functions, in units of 1,024 bytes. */
  readonly bundleKb: number;
  /** The day, such as 2026-11-24. */
  readonly measuredOn: string;
}

/** A template in the gallery: with what it makes from its own defaults. */
export interface OfferedTemplate extends TemplateSummary {
  /** How it stands to the platform's standards; undefined where what it makes can't be judged. */
  readonly standards: readonly RuleView[] | undefined;
  /** By list price; undefined where nothing was measured. */
  readonly cost: CostEstimate | undefined;
}

export type JsonSchema = { readonly [key: string]: unknown };

export interface TemplateDetail extends TemplateSummary {
  /** One section of the form each: JSON Schema of an object, with `ui:*` hints beside its properties. */
  readonly sections: readonly { title: string; description?: string; schema: JsonSchema }[];
}

/** A template that doesn't parse: shown with what is wrong, never offered. */
export interface BrokenTemplate {
  readonly name: string;
  readonly problems: readonly string[];
}

export interface NewService {
  readonly template: string;
  readonly name: string;
  readonly owner: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What is wrong with one field: `name`, `owner`, `description`, or `/memorySize` inside the parameters. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

export interface PreviewFile {
  readonly path: string;
  /** Text, or undefined for a binary file. */
  readonly text: string | undefined;
  readonly sizeBytes: number;
  readonly executable: boolean;
}

export type Preview =
  | {
      readonly kind: "rendered";
      readonly files: readonly PreviewFile[];
      readonly creates: readonly string[];
      /** How what was rendered stands to the platform's standards; undefined where its template can't be read. */
      readonly standards: readonly RuleView[] | undefined;
    }
  | { readonly kind: "invalid"; readonly problems: readonly FieldProblem[] };

export type ServiceRequested =
  | { readonly kind: "accepted"; readonly service: string }
  | { readonly kind: "invalid"; readonly problems: readonly FieldProblem[] }
  | { readonly kind: "taken"; readonly message: string };

export const stepKeys = ["decision", "repository", "first-commit", "pipeline", "first-execution"] as const;
export type StepKey = (typeof stepKeys)[number];

/** One line of the live checklist. */
export interface Step {
  readonly key: StepKey;
  readonly title: string;
  readonly status: "waiting" | "running" | "done" | "failed";
  /** What it made, or what it waits for. */
  readonly detail?: string;
  readonly href?: string;
  /** What happened, what was left untouched, what happens next. Present when failed; retried by itself unless `final`. */
  readonly error?: string;
  readonly final?: boolean;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
}

export interface ServiceProgress {
  readonly service: string;
  readonly steps: readonly Step[];
  readonly done: boolean;
}
