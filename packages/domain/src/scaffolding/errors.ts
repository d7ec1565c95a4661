import { AppError } from "@turnpike/kernel";

/** The host of repositories did not answer, or not in time. */
export class RepositoryHostError extends AppError {
  readonly kind = "unavailable";
  readonly code = "scaffolding.repository-host-unavailable";

  constructor(what: string, options?: ErrorOptions) {
    super(`GitHub could not ${what}. What exists there was left as it is; Turnpike tries again by itself.`, options);
  }
}

export class TemplateNotFoundError extends AppError {
  readonly kind = "not-found";
  readonly code = "scaffolding.template-not-found";

  constructor(template: string) {
    super(`There is no template ${template}. Nothing was created. Choose one from Templates.`);
  }
}

/** Without `platform.yaml` nobody knows where repositories are made, nor which environments there are. */
export class NoPlatformError extends AppError {
  readonly kind = "unavailable";
  readonly code = "scaffolding.no-platform";

  constructor() {
    super("The platform repository has no platform.yaml that could be read. Nothing was created. Restore the file.");
  }
}
