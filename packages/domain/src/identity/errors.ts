import { AppError } from "@turnpike/kernel";

export class ForbiddenError extends AppError {
  readonly kind = "forbidden";
  readonly code = "identity.forbidden";

  constructor(permission: string, team: string, role: string) {
    super(
      `This needs the role ${role} in the team ${team} (${permission}). Nothing was changed. Ask an admin of ${team}.`,
    );
  }
}

export class UnauthenticatedError extends AppError {
  readonly kind = "unauthenticated";
  readonly code = "identity.unauthenticated";

  constructor() {
    super("You are not signed in. Nothing was changed. Sign in and try again.");
  }
}
