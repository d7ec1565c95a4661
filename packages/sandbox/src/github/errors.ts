/** Refusals in GitHub's words. Source: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api */

/** An error as GitHub answers it. */
export class GitHubError extends Error {
  readonly status: number;
  readonly errors: readonly (object | string)[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    errors?: readonly (object | string)[],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.errors = errors;
    this.headers = headers;
  }
}

export const notFound = () => new GitHubError(404, "Not Found");

/** What GitHub has and the sandbox hasn't, by its name. */
export const missing = (what: string) => new GitHubError(501, `The sandbox's GitHub has no ${what}`);

/** A field of the request that can't be what it is. */
export function invalid(resource: string, field: string, message: string): GitHubError {
  return new GitHubError(422, "Validation Failed", [{ resource, field, code: "custom", message }]);
}

/** What a token's permissions don't allow. @param headers that tell which would */
export const notAccessible = (headers?: Readonly<Record<string, string>>) =>
  new GitHubError(403, "Resource not accessible by integration", undefined, headers);

/** A secondary rate limit. @param headers that tell how long to wait */
export function tooManyRequests(headers?: Readonly<Record<string, string>>): GitHubError {
  const message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
  return new GitHubError(403, message, undefined, headers);
}

export const noCommit = (ref: unknown) => new GitHubError(422, `No commit found for SHA: ${String(ref)}`);
