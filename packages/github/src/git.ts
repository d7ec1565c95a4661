import { spawn } from "node:child_process";
import { RepositoryHostError } from "@turnpike/domain/scaffolding";

export interface GitOptions {
  /** The bare repository to work in. */
  readonly directory: string;
  readonly input?: string | Buffer;
  /** Sent to the host with each request; see `credentialEnvironment`. */
  readonly authorization?: string;
  readonly deadlineMs: number;
}

export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** From the polite signal, at which git removes its lock files, to the one that nothing survives. */
const LAST_WORDS_MS = 1000;

/**
 * The credential as git's own configuration in the environment: it is in no argument (visible to every process), in no
 * URL (kept in logs) and in no file. Source: https://git-scm.com/docs/git-config#ENVIRONMENT
 */
function credentialEnvironment(authorization: string | undefined): Record<string, string> {
  if (!authorization) return {};
  return {
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "http.extraHeader",
    GIT_CONFIG_VALUE_0: `Authorization: ${authorization}`,
  };
}

/** Of the machine's environment git gets where programs are and how to reach the network, nothing else. */
function machineEnvironment(): Record<string, string> {
  const names = [
    "PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
  ];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name] ?? ""]] : [])));
}

function environmentOf({ authorization, deadlineMs }: GitOptions): NodeJS.ProcessEnv {
  return {
    ...machineEnvironment(),
    HOME: "/nonexistent",
    LANG: "C.UTF-8",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "true",
    // A path is a path, never a pattern.
    GIT_LITERAL_PATHSPECS: "1",
    // A transfer that stands still ends by itself, also where the process that started it was killed.
    GIT_HTTP_LOW_SPEED_LIMIT: "1",
    GIT_HTTP_LOW_SPEED_TIME: String(Math.ceil(deadlineMs / 1000)),
    ...credentialEnvironment(authorization),
  };
}

/** Ends a process group: git's helpers hold its pipes open, so the whole group goes. */
function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // It has ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * Runs git without a shell and with no configuration of the machine's. Killed, with its children, at the deadline.
 *
 * @returns whatever it came to; only a process that can't be run or is out of time raises `RepositoryHostError`
 */
export function runGit(args: readonly string[], options: GitOptions): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", ["--git-dir", options.directory, ...args], {
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      env: environmentOf(options),
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    let late = false;
    let kill: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      late = true;
      killGroup(child.pid, "SIGTERM");
      kill = setTimeout(() => killGroup(child.pid, "SIGKILL"), LAST_WORDS_MS);
    }, options.deadlineMs);
    const end = () => {
      clearTimeout(timer);
      clearTimeout(kill);
    };
    child.on("error", (error) => {
      end();
      reject(new RepositoryHostError("be reached, because git could not be run", { cause: error }));
    });
    child.on("close", (code) => {
      end();
      if (late) reject(new RepositoryHostError(`answer git ${args[0]} within ${options.deadlineMs / 1000} s`));
      else resolve({ code: code ?? 1, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString("utf8") });
    });
    // A git that fails early closes its input: its exit status tells.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input);
  });
}

/** Runs git; anything but success raises `RepositoryHostError` with git's own words as cause. */
export async function requireGit(what: string, args: readonly string[], options: GitOptions): Promise<Buffer> {
  const result = await runGit(args, options);
  if (result.code === 0) return result.stdout;
  throw new RepositoryHostError(what, { cause: new Error(result.stderr.trim()) });
}
