import { AppError } from "@turnpike/kernel";

export class ReleaseNotFoundError extends AppError {
  readonly kind = "not-found";
  readonly code = "release.not-found";

  constructor(id: string) {
    super(`There is no release ${id}. Nothing was changed. Open it again from Approvals.`);
  }
}

/** An account that Turnpike's reader role can't read now. */
export class AccountUnreadableError extends AppError {
  readonly kind = "unavailable";
  readonly code = "account.unreadable";

  constructor(accountId: string, why: string, options?: ErrorOptions) {
    super(`The account ${accountId} could not be read: ${why}. Nothing was changed; Turnpike keeps trying.`, options);
  }
}
