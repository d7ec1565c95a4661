import { AppError, type ErrorKind } from "@turnpike/kernel";

/** The only place where a kind of error becomes a status of HTTP. */
const statuses = {
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  "not-found": 404,
  conflict: 409,
  unavailable: 503,
  timeout: 504,
  internal: 500,
} as const satisfies Record<ErrorKind, number>;

/** An error as a person or a client of the API may see it. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  /** What happened, what was left untouched, what to do next. */
  readonly message: string;
  /** Finds this request in the log. */
  readonly requestId: string;
  readonly fields?: readonly { readonly field: string; readonly message: string }[];
}

/** The request itself is wrong: not JSON, or not of the shape that was asked for. */
export class BadRequestError extends AppError {
  readonly kind = "invalid";
  readonly code = "portal.bad-request";
  readonly fields: readonly { field: string; message: string }[];

  constructor(message: string, fields: readonly { field: string; message: string }[] = []) {
    super(message);
    this.fields = fields;
  }
}

export class NotFoundError extends AppError {
  readonly kind = "not-found";
  readonly code = "portal.not-found";

  constructor(what: string) {
    super(`There is no ${what} that you can see. Nothing was changed. Check the name, or ask for access.`);
  }
}

/** A request that carries a person's cookie but was made by another site. */
export class ForeignOriginError extends AppError {
  readonly kind = "forbidden";
  readonly code = "portal.foreign-origin";

  constructor() {
    super("This request did not come from Turnpike's own pages. Nothing was changed. Open Turnpike and try again.");
  }
}

/** What may be shown of any error: an unexpected one says nothing but where to look. */
export function problemOf(error: unknown, requestId: string): Problem {
  if (error instanceof AppError) {
    return {
      status: statuses[error.kind],
      code: error.code,
      message: error.message,
      requestId,
      ...(error instanceof BadRequestError && error.fields.length > 0 ? { fields: error.fields } : {}),
    };
  }
  return {
    status: 500,
    code: "portal.internal",
    message:
      "Something went wrong inside Turnpike. What you asked for may not have happened. Look at the page again; if it stays, give the reference to your platform team.",
    requestId,
  };
}

/** A person without a permission in any team. Which team owns the thing is not theirs to know. */
export class NoPermissionError extends AppError {
  readonly kind = "forbidden";
  readonly code = "portal.no-permission";

  constructor(permission: string) {
    super(`None of your teams gives you the permission ${permission}. Nothing was changed. Ask an admin of your team.`);
  }
}

/** The value, or a `NotFoundError` that names what was looked for. */
export function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new NotFoundError(what);
  return value;
}
