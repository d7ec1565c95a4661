import type { GitHub } from "./client.ts";
import { type GitOptions, type GitResult, runGit } from "./git.ts";

/** What git says when the host doesn't know the credential (and nobody answers its question for another). */
const UNKNOWN_CREDENTIAL = /Authentication failed|could not read (Username|Password)/;

export const remoteOf = ({ settings }: GitHub, fullName: string) => `${settings.url}/${fullName}.git`;

/**
 * Runs git against the host as the App. Where the host doesn't know the token any more (it was revoked, the App was
 * installed anew), once more with a new one: what was refused for its credential has changed nothing.
 */
export async function runRemoteGit(
  github: GitHub,
  fullName: string,
  args: readonly string[],
  options: Omit<GitOptions, "authorization">,
): Promise<GitResult> {
  const [owner = ""] = fullName.split("/");
  const run = async (fresh: boolean) =>
    runGit(args, { ...options, authorization: await github.gitAuthorization(owner, fresh) });
  const result = await run(false);
  return result.code !== 0 && UNKNOWN_CREDENTIAL.test(result.stderr) ? run(true) : result;
}
