import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Duplex, Readable, Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { RandomSource, SandboxClock } from "../../core/context.ts";

/*
 * The processes of one build. CodeBuild runs each command as a script of its own that takes over variables and folder
 * from the one before: `exit 1` ends the command, not the build, and what it exported is still there for `finally`.
 *
 * All of them are in one process group, whose leader only waits, reads the next command's file name from a pipe and
 * starts it. Beside it a watcher holds the lifeline: a pipe whose other end is the sandbox's. When that closes (the
 * build is over, or the sandbox was killed, by whatever signal) it kills the group and, where /proc tells, whatever left
 * the group but carries the build's id in its environment. No text of a build reaches a shell but its commands.
 *
 * Output goes through a `cat`: Node's own pipes are sockets, which a command can't open by name (`tee /dev/stderr`).
 */

const LEADER = `
trap : TERM INT HUP
env -i PATH="$PATH" sh -c '
  trap "" TERM INT HUP
  cat <&4 > /dev/null 2>&1
  for file in $(grep -Flas "CODEBUILD_BUILD_ID=$1" /proc/[0-9]*/environ 2> /dev/null); do
    pid=\${file#/proc/}
    kill -KILL "\${pid%/environ}" 2> /dev/null
  done
  kill -KILL 0
' watcher "$CODEBUILD_BUILD_ID" 3<&- > /dev/null 2>&1 &
{
  trap : TERM INT HUP
  while IFS=" " read -r succeeding file <&3; do
    "$1" "$2" "$file" "$succeeding" < /dev/null 3<&- 4<&-
    printf "\\000%s:%s\\n" "$3" "$?"
  done
} 2>&1 | (
  trap "" TERM INT HUP
  exec cat 3<&- 4<&-
)
`;

/** Runs one command file with what the one before left. `set -a`: a plain assignment outlives its command too. */
const RUNNER = `
__folder=\${0%/*}
[ -f "$__folder/environment" ] && . "$__folder/environment"
export CODEBUILD_BUILD_SUCCEEDING="$2"
IFS= read -r __directory < "$__folder/directory"
cd "$__directory" || exit 1
__command=$1
trap '__status=$?; set +a; pwd > "$__folder/directory"; export -p > "$__folder/environment"; exit $__status' EXIT
set --
set -a
. "$__command"
`;

export interface BuildShell {
  /** Runs one command to its end; its exit status, or undefined when the shell was ended before. */
  run(command: string, succeeding: boolean): Promise<number | undefined>;
  /** Values of variables as the last command left them. */
  valuesOf(names: readonly string[]): Promise<Record<string, string>>;
  /** Ends every process of the build: SIGTERM, SIGKILL after `graceMs`; resolves when they are gone. May be called twice. */
  end(graceMs: number): Promise<void>;
}

export interface ShellOptions {
  readonly program: "sh" | "bash";
  readonly environment: Record<string, string>;
  readonly directory: string;
  /** For the shell's own files; nobody else writes there. */
  readonly stateFolder: string;
  /** Gets the output of all processes in order. While it hasn't resolved, nothing more is read. */
  readonly onOutput: (text: string) => Promise<void> | void;
  readonly clock: SandboxClock;
  readonly random: RandomSource;
}

export async function openShell(options: ShellOptions): Promise<BuildShell> {
  const { stateFolder, program } = options;
  await mkdir(stateFolder, { recursive: true });
  const runner = join(stateFolder, "runner");
  await writeFile(runner, RUNNER);
  await writeFile(join(stateFolder, "directory"), `${options.directory}\n`);
  const nonce = options.random.hex(32);
  const leader = spawn("sh", ["-c", LEADER, "leader", program, runner, nonce], {
    cwd: options.directory,
    env: options.environment,
    detached: true,
    stdio: ["ignore", "pipe", "ignore", "pipe", "pipe"],
  });
  const [output, commands, lifeline] = [
    leader.stdout as Readable,
    leader.stdio[3] as Writable,
    leader.stdio[4] as Duplex,
  ];
  for (const pipe of [commands, lifeline]) pipe.on("error", () => undefined);
  // The pipe works both ways: its other end closes when the watcher, too, is gone, and then the whole group is.
  const watcherGone = new Promise<void>((resolve) => lifeline.resume().once("close", resolve));
  const gone = new Promise<void>((resolve) => {
    leader.once("exit", () => resolve());
    leader.once("error", () => resolve());
  });

  let over = false;
  let waiting: ((status: number | undefined) => void) | undefined;
  const ended = (status: number | undefined) => {
    waiting?.(status);
    waiting = undefined;
  };
  const read = readOutput(output, nonce, options.onOutput, ended);
  void gone.then(async () => {
    // What was written before the end is still read; a process that escaped and holds the pipe isn't waited for.
    await Promise.race([read, options.clock.sleep(200)]);
    output.destroy();
    over = true;
    ended(undefined);
  });

  let next = 0;
  const run = async (command: string, succeeding: boolean) => {
    const file = join(stateFolder, `command-${next++}`);
    await writeFile(file, `${command}\n`);
    if (over) return undefined;
    return new Promise<number | undefined>((resolve) => {
      waiting = resolve;
      commands.write(`${succeeding ? 1 : 0} ${file}\n`);
    });
  };

  return {
    run,
    async valuesOf(names) {
      const file = join(stateFolder, "values");
      const words = names.map((name) => `"$${name}"`).join(" ");
      await run(`printf '%s\\000' ${words} > '${file.replaceAll("'", "'\\''")}'`, true);
      const values = (await readFile(file, "utf8").catch(() => "")).split("\0");
      return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
    },
    async end(graceMs) {
      if (graceMs > 0) {
        signalGroup(leader.pid, "SIGTERM");
        await Promise.race([gone, waitingForNothing(graceMs, options.clock, () => waiting === undefined)]);
      }
      lifeline.end();
      await Promise.all([gone, watcherGone]);
    },
  };
}

/** Resolves when `idle` says so or `ms` are over. */
async function waitingForNothing(ms: number, clock: SandboxClock, idle: () => boolean): Promise<void> {
  const untilMs = clock.now().getTime() + ms;
  while (!idle() && clock.now().getTime() < untilMs) await clock.sleep(20);
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Hands output on and cuts out the leader's marks, which say that a command ended and how. */
async function readOutput(
  stream: AsyncIterable<Buffer>,
  nonce: string,
  onOutput: (text: string) => Promise<void> | void,
  onEnd: (status: number) => void,
): Promise<void> {
  const decoder = new StringDecoder("utf8");
  const mark = `\0${nonce}:`;
  let held = "";
  try {
    for await (const chunk of stream) {
      held += decoder.write(chunk);
      for (;;) {
        const at = held.indexOf(mark);
        const lineEnd = at < 0 ? -1 : held.indexOf("\n", at);
        if (at < 0 || lineEnd < 0) break;
        if (at > 0) await onOutput(held.slice(0, at));
        const status = Number(held.slice(at + mark.length, lineEnd));
        held = held.slice(lineEnd + 1);
        onEnd(status);
      }
      const safe = lengthBeforeMark(held, mark);
      if (safe > 0) await onOutput(held.slice(0, safe));
      held = held.slice(safe);
    }
  } catch {
    // The pipe was closed under the reader: the build is over.
  }
  if (held) await onOutput(held);
}

/** How much of `text` surely isn't the beginning of a mark. */
function lengthBeforeMark(text: string, mark: string): number {
  const whole = text.indexOf(mark);
  if (whole >= 0) return whole;
  const at = text.lastIndexOf("\0");
  return at >= 0 && mark.startsWith(text.slice(at)) ? at : text.length;
}
