/**
 * What must be there before anything of Turnpike can run: its packages and its build. Runs on Node >= 20, before
 * `npm ci` has brought the pinned one; imports nothing but Node.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

export const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "..");

const windows = process.platform === "win32";
const stamp = path.join(root, "node_modules", ".turnpike-installed");

/** The pinned Node, once installed. */
export const node = path.join(root, "node_modules", "node", "bin", windows ? "node.exe" : "node");

/** Environment of every child that this repository's scripts start. */
export function environment() {
  return {
    ...process.env,
    PATH: [path.join(root, "node_modules", ".bin"), process.env.PATH].join(path.delimiter),
    NEXT_TELEMETRY_DISABLED: "1",
    TURBO_TELEMETRY_DISABLED: "1",
    DO_NOT_TRACK: "1",
    CHECKPOINT_DISABLE: "1",
  };
}

/** Runs a command with its output shown; ends this process when it fails, with what to do next. */
export function run(what, command, args) {
  const result = spawnSync(command, args, { cwd: root, env: environment(), stdio: ["ignore", "inherit", "inherit"] });
  if (result.status === 0) return;
  const why = result.error?.message ?? `exit status ${result.status ?? result.signal}`;
  process.stderr.write(`\n${what} failed (${why}). Its output is above; nothing was started.\n`);
  process.exit(1);
}

function lockDigest() {
  return createHash("sha256")
    .update(readFileSync(path.join(root, "package-lock.json")))
    .digest("hex");
}

/** Installs what package-lock.json names, unless that very lockfile is installed already. */
export function ensureInstalled() {
  if (Number(process.versions.node.split(".")[0]) < 20) {
    process.stderr.write(`Turnpike needs Node 20 or later to set itself up; this is ${process.version}.\n`);
    process.exit(1);
  }
  if (spawnSync("git", ["--version"]).status !== 0) {
    process.stderr.write("Turnpike needs git, and there is none on PATH. Install git and run this again.\n");
    process.exit(1);
  }
  const digest = lockDigest();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest && existsSync(node)) return;
  process.stdout.write("Installing packages (npm ci) …\n");
  run("Installing packages", windows ? "npm.cmd" : "npm", ["ci", "--no-audit", "--no-fund", "--prefer-offline"]);
  if (!existsSync(node)) {
    process.stderr.write(
      "The pinned Node was not installed: npm skipped install scripts. Run `npm ci --ignore-scripts=false`.\n",
    );
    process.exit(1);
  }
  writeFileSync(stamp, digest);
}

/** Runs a turbo task (`generate`, `build`); turbo skips what is up to date. */
export function turbo(task) {
  run(`The ${task} step`, path.join(root, "node_modules", ".bin", windows ? "turbo.cmd" : "turbo"), [
    "run",
    task,
    "--output-logs=errors-only",
    "--no-update-notifier",
  ]);
}
