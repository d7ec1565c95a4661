import { RepositoryHostError } from "@turnpike/domain/scaffolding";
import { RequestError } from "octokit";
import type { GitHub } from "./client.ts";

export function split(fullName: string): { owner: string; repo: string } {
  const [owner = "", repo = ""] = fullName.split("/");
  return { owner, repo };
}

export const statusOf = (error: unknown) => (error instanceof RequestError ? error.status : undefined);

/**
 * Runs a call about a repository as the App, once more with a new token where the host refused the one kept: nothing was
 * done then. Raises `RepositoryHostError`.
 */
export async function callGitHub<T>(
  github: GitHub,
  what: string,
  fullName: string,
  ask: (client: Awaited<ReturnType<GitHub["installation"]>>) => Promise<T>,
): Promise<T> {
  const { owner } = split(fullName);
  try {
    return await ask(await github.installation(owner)).catch(async (error: unknown) => {
      if (statusOf(error) !== 401) throw error;
      return ask(await github.installation(owner, true));
    });
  } catch (error) {
    if (error instanceof RepositoryHostError) throw error;
    throw new RepositoryHostError(what, { cause: error });
  }
}
