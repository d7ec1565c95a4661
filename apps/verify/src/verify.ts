import {
  type Delivery,
  judgeStandards,
  openSubject,
  type RuleResult,
  type Standards,
} from "@turnpike/domain/standards";

export interface VerifyInput {
  readonly service: string;
  /** What the build made, and what will be deployed: `template.yaml` and its configuration. By path. */
  readonly built: ReadonlyMap<string, string>;
  /** The repository at the commit that is built, by path. */
  readonly repository: ReadonlyMap<string, string>;
  readonly standards: Standards;
  readonly delivery: Delivery;
  /** `2026-11-24`, in UTC. */
  readonly today: string;
}

const TEMPLATE = "template.yaml";

/**
 * Judges what a pipeline is about to deploy. The template and the configuration are those that the build hands on, since
 * they are deployed; everything else is the repository's. Raises `TemplateError` for a template that can't be deployed.
 */
export function verify({ service, built, repository, standards, delivery, today }: VerifyInput): RuleResult[] {
  const files = new Map([...repository, ...built]);
  const subject = openSubject({ file: TEMPLATE, text: files.get(TEMPLATE) ?? "", files, delivery });
  return judgeStandards(subject, { service, standards, today });
}
