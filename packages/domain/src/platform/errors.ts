import { AppError } from "@turnpike/kernel";

export class StandardsUnpublishedError extends AppError {
  readonly kind = "unavailable";
  readonly code = "platform.standards-unpublished";

  constructor(bucket: string, options?: ErrorOptions) {
    super(
      `The bucket ${bucket} could not be given the standards that pipelines judge by. It was left as it is; Turnpike tries again.`,
      options,
    );
  }
}
