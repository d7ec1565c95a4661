import type { Context } from "../../core/context.ts";

/** GitHub's front is up after all services: what resumes at start may be earlier than it. */
const FRONT_MS = 3000;
const LOOK_EVERY_MS = 25;

/** Bare repository of `owner/name`. Raises an `Error` that says so when there is none. */
export async function repositoryDirectory(context: Context, repository: string): Promise<string> {
  const untilMs = context.clock.now().getTime() + FRONT_MS;
  for (;;) {
    const directory = context.surroundings.gitDirectory(repository);
    if (directory !== undefined) return directory;
    if (context.clock.now().getTime() >= untilMs) throw new Error(`there is no repository ${repository}`);
    await context.clock.sleep(LOOK_EVERY_MS);
  }
}
