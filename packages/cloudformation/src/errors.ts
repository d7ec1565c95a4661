import { AppError } from "@turnpike/kernel";
import type { Path } from "./json.ts";

/** A place in a template's text. Lines and columns count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong with a template, and where. */
export interface Finding extends Position {
  readonly message: string;
  readonly path: Path;
}

/**
 * A template that can't be used. It carries everything that was found, not the first thing, so that a person mends it
 * in one go. Nothing was created or changed when it is raised.
 */
export class TemplateError extends AppError {
  readonly kind = "invalid";
  readonly code = "cloudformation.template-invalid";
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[], options?: ErrorOptions) {
    super(findings.map(describeFinding).join("\n"), options);
    this.findings = findings;
  }
}

/** `template.yaml:12:5: Template format error: …` */
export function describeFinding(finding: Finding): string {
  return `${finding.file}:${finding.line}:${finding.column}: ${finding.message}`;
}
