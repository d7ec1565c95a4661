import { readFileSync } from "node:fs";

/** Reads a file of /proc; undefined where there is none, or the process is gone. */
function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}

const kilobytes = (status: string | undefined, name: string): number | undefined => {
  const found = new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(status ?? "")?.[1];
  return found === undefined ? undefined : Number(found);
};

/** The most memory that a process has had, in MB, where the machine tells (Linux). */
export function peakMemoryMb(pid: number | undefined): number | undefined {
  const peak = pid === undefined ? undefined : kilobytes(read(pid, "status"), "VmHWM");
  return peak === undefined ? undefined : Math.ceil(peak / 1024);
}

/** A function that starts processes without end shouldn't have each of them counted without end. */
const MOST_PROCESSES = 64;

/**
 * What a process and those that it started have allocated, in MB; 0 where the machine doesn't tell. Pages of files (Node's
 * own program among them) aren't counted: on this machine they are there once for all functions.
 */
export function usedMemoryMb(pid: number): number {
  let sum = 0;
  const waiting = [pid];
  for (let seen = 0; waiting.length > 0 && seen < MOST_PROCESSES; seen++) {
    const next = waiting.pop() ?? 0;
    sum += kilobytes(read(next, "status"), "RssAnon") ?? 0;
    const children = read(next, `task/${next}/children`)?.trim();
    if (children) waiting.push(...children.split(" ").map(Number));
  }
  return sum / 1024;
}
