import { AppError } from "@turnpike/kernel";

export class PipelineUnavailableError extends AppError {
  readonly kind = "unavailable";
  readonly code = "pipeline.unavailable";

  constructor(pipeline: string, options?: ErrorOptions) {
    super(`The pipeline ${pipeline} could not be read from AWS. Nothing was changed; Turnpike keeps trying.`, options);
  }
}

export class ExecutionNotFoundError extends AppError {
  readonly kind = "not-found";
  readonly code = "pipeline.execution-not-found";

  constructor(service: string, what: string) {
    super(`${service} has no ${what}. Nothing was changed. Choose another from its pipeline page.`);
  }
}
