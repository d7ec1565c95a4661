import { AppError } from "@turnpike/kernel";

/** There is no service and no imported repository of this name. */
export class ScorecardNotFoundError extends AppError {
  readonly kind = "not-found";
  readonly code = "scorecards.not-found";

  constructor(name: string) {
    super(`There is no service or imported repository ${name}. See /standards for those that there are.`);
  }
}

/** Reading tells no change that would mend it, or there is nothing to mend. */
export class NothingToFixError extends AppError {
  readonly kind = "conflict";
  readonly code = "scorecards.nothing-to-fix";

  constructor(rule: string, name: string) {
    super(
      `There is no patch for ${rule} in ${name} as it was judged last. Nothing was changed. Load the page again to see how it stands now.`,
    );
  }
}
