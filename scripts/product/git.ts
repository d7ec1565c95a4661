import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { text } from "node:stream/consumers";

/**
 * git as one of the sandbox's people runs it: the password is asked for and typed, and stands in no argument.
 * Raises an `Error` with what git said when it fails.
 *
 * @param home of the running product; nothing of the machine's own git configuration is read
 * @returns what git printed, trimmed
 */
export async function gitAs(home: string, login: string, args: readonly string[], cwd: string): Promise<string> {
  const child = spawn("git", args, {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH ?? "",
      HOME: home,
      GIT_ASKPASS: path.join(import.meta.dirname, "askpass.sh"),
      TEST_LOGIN: login,
      GIT_TERMINAL_PROMPT: "0",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_AUTHOR_NAME: login,
      GIT_AUTHOR_EMAIL: `${login}@example.com`,
      GIT_COMMITTER_NAME: login,
      GIT_COMMITTER_EMAIL: `${login}@example.com`,
    },
  });
  const ended = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await ended;
  if (code !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}
