import { type ChildProcess, spawn } from "node:child_process";

/** Ends process groups when this process can't any more. */
export interface Lifeline {
  /** From now on the group dies with this process. */
  hold(groupId: number): void;
  /** The group is gone; its number may be another's soon. */
  release(groupId: number): void;
  close(): void;
}

/**
 * Reads `+ <group>` and `- <group>` until its stdin ends, then kills what is left. A function in a busy loop, or one
 * that isn't written in our bootstraps, wouldn't notice a closed pipe by itself. Only numbers are ever written to it.
 */
const WATCH = `
groups=" "
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) kept=" "; for one in $groups; do [ "$one" = "$group" ] || kept="$kept$one "; done; groups=$kept ;;
  esac
done
for one in $groups; do kill -s KILL -- "-$one" 2>/dev/null; done
`;

/**
 * One small watcher for a sandbox, in a session of its own so that what kills the sandbox's group doesn't take it too.
 * The other end of its stdin is held by this process alone: however this process ends, the watcher sees it.
 */
export function createLifeline(): Lifeline {
  const watcher: ChildProcess = spawn("/bin/sh", ["-c", WATCH], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: {},
  });
  watcher.unref();
  const { stdin } = watcher;
  // A watcher that died can't be told anything; its absence must not end the sandbox.
  stdin?.on("error", () => undefined);
  const say = (sign: "+" | "-", groupId: number) => stdin?.write(`${sign} ${groupId}\n`);
  return {
    hold: (groupId) => void say("+", groupId),
    release: (groupId) => void say("-", groupId),
    close: () => void stdin?.end(),
  };
}

/** Kills a whole process group; one that is gone already is fine. */
export function killGroup(groupId: number): void {
  try {
    process.kill(-groupId, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
