import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/**
 * Files below `folder` that match one of `patterns` and none of `excluded`, relative with `/`, sorted. Patterns are
 * CodeBuild's: a path from `folder`, with `*` and `?` inside a name and a name `**` for any number of folders; names
 * that begin with a dot count like others. Links are followed, as AWS does by default, but never out of `folder`: what
 * they lead to elsewhere isn't part of the build.
 */
export async function findFiles(
  folder: string,
  patterns: readonly string[],
  excluded: readonly string[] = [],
): Promise<string[]> {
  const wanted = patterns.map(toRegExp);
  const unwanted = excluded.map(toRegExp);
  const literal = patterns.every((pattern) => !/[*?]/.test(pattern));
  const candidates = literal ? await existing(folder, patterns.map(clean)) : await walk(folder);
  return candidates
    .filter((path) => wanted.some((one) => one.test(path)) && !unwanted.some((one) => one.test(path)))
    .sort((a, b) => (a < b ? -1 : 1));
}

/** Without a pattern there is nothing to search: big trees stay unread. */
async function existing(folder: string, paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const file = await inside(await realpath(folder), join(folder, path));
      return file && (await stat(file)).isFile() ? path : undefined;
    }),
  );
  return found.filter((path) => path !== undefined);
}

async function walk(folder: string): Promise<string[]> {
  const root = await realpath(folder);
  const files: string[] = [];
  const visit = async (path: string, seen: readonly string[]) => {
    for (const entry of await readdir(join(root, path), { withFileTypes: true })) {
      const child = path === "" ? entry.name : `${path}/${entry.name}`;
      const target = await typeOf(root, child, entry);
      if (target === undefined) continue;
      if (target.kind === "file") files.push(child);
      // A link to a folder that it is in would never end.
      else if (!seen.includes(target.real)) await visit(child, [...seen, target.real]);
    }
  };
  await visit("", [root]);
  return files;
}

async function typeOf(
  root: string,
  path: string,
  entry: Dirent,
): Promise<{ kind: "file" | "folder"; real: string } | undefined> {
  const full = join(root, path);
  if (entry.isFile()) return { kind: "file", real: full };
  if (entry.isDirectory()) return { kind: "folder", real: await realpath(full) };
  if (!entry.isSymbolicLink()) return undefined;
  const real = await inside(root, full);
  if (real === undefined) return undefined;
  const found = await stat(real);
  if (found.isFile()) return { kind: "file", real };
  return found.isDirectory() ? { kind: "folder", real } : undefined;
}

/** Where a path really leads, or undefined when that is nowhere or outside of `root`. */
async function inside(root: string, path: string): Promise<string | undefined> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return undefined;
  const way = relative(root, real);
  return way === ".." || way.startsWith(`..${sep}`) ? undefined : real;
}

const clean = (pattern: string) => pattern.replace(/^(\.\/)+/, "").replace(/^\/+/, "");

function toRegExp(pattern: string): RegExp {
  const parts = clean(pattern).split("/");
  const source = parts.map((part, index) => {
    const last = index === parts.length - 1;
    if (part === "**") return last ? ".*" : "(?:[^/]+/)*";
    const name = part
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", "[^/]*")
      .replaceAll("?", "[^/]");
    return last ? name : `${name}/`;
  });
  return new RegExp(`^${source.join("")}$`);
}
