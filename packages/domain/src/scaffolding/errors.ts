import { AppError } from "@turnpike/kernel";

/** The host of repositories did not answer, or not in time. */
export class RepositoryHostError extends AppError {
  readonly kind = "unavailable";
  readonly code = "scaffolding.repository-host-unavailable";

  constructor(what: string, options?: ErrorOptions) {
    super(`GitHub could not ${what}. What exists there was left as it is; Turnpike tries again by itself.`, options);
  }
}

/** A template can't be rendered with these values. */
export class TemplateRenderError extends AppError {
  readonly kind = "invalid";
  readonly code = "scaffolding.template-render-failed";

  constructor(template: string, why: string, options?: ErrorOptions) {
    super(
      `The template ${template} could not be rendered: ${why}. Nothing was created. Tell the template's owner.`,
      options,
    );
  }
}

export class TemplateNotFoundError extends AppError {
  readonly kind = "not-found";
  readonly code = "scaffolding.template-not-found";

  constructor(template: string) {
    super(`There is no template ${template}. Nothing was created. Choose one from Templates.`);
  }
}
