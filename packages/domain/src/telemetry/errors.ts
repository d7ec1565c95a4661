import { AppError } from "@turnpike/kernel";

export class EnvironmentNotFoundError extends AppError {
  readonly kind = "not-found";
  readonly code = "telemetry.environment-not-found";

  constructor(service: string, environment: string) {
    super(`${service} has no environment ${environment}. Nothing was read. Choose one from its page.`);
  }
}
