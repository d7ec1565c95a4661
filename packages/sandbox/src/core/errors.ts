/**
 * An error as an AWS service answers it. `code` is the modelled error's name (`ResourceNotFoundException`) or, where
 * the service models none, the code on the wire (`ValidationError`). The wire layer finds the HTTP status and the
 * shape in the SDK's schema; `status` overrides it.
 */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number | undefined;
  /** Further members of the modelled error. */
  readonly members: Record<string, unknown>;

  constructor(code: string, message: string, options: { status?: number; members?: Record<string, unknown> } = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = options.status;
    this.members = options.members ?? {};
  }
}
