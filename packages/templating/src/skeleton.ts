import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import { globToRegExp } from "./paths.ts";

/** A file that a step fetches from the template's folder. */
export interface SourceFile {
  /** Relative to what is fetched, with `/`. */
  readonly path: string;
  readonly content: Buffer;
  readonly executable: boolean;
  /** False: copied as it is. */
  readonly templated: boolean;
  /** False: its name is kept too. */
  readonly named: boolean;
}

interface Reading {
  readonly templated: (file: string) => boolean;
  /** Taken off the names of templates. */
  readonly extension?: string | undefined;
  readonly verbatimName?: ((file: string) => boolean) | undefined;
}

const MAX_FILES = 500;
export const MAX_BYTES = 5 * 1024 * 1024;

/** Why what a step fetches is refused, in words. */
export class SourceError extends Error {}

/** Sums what is read, and refuses it before it is too much: a file is looked at before it is read. */
function createBudget(what: string) {
  let files = 0;
  let bytes = 0;
  return (size: number) => {
    bytes += size;
    if (++files > MAX_FILES) throw new SourceError(`${what} has more than ${MAX_FILES} files.`);
    if (bytes > MAX_BYTES) throw new SourceError(`${what} has more than ${MAX_BYTES / 1024 / 1024} MB.`);
  };
}

/** The place of `url` on disk, once it is sure that no link leads it out of the template. */
function resolveBelow(folder: string, url: string, kind: "file" | "folder"): string {
  const root = path.resolve(folder, url);
  const stats = existsSync(root) ? lstatSync(root) : undefined;
  if (!(kind === "file" ? stats?.isFile() : stats?.isDirectory())) throw new SourceError(`There is no ${kind} ${url}.`);
  // A link further up could lead out of the template as well as one at the end.
  const real = realpathSync(root);
  const home = realpathSync(folder);
  if (real !== home && !real.startsWith(`${home}${path.sep}`)) {
    throw new SourceError(`${url} is not below the template's folder.`);
  }
  return root;
}

/**
 * Reads a folder below a template's own, at most 500 files and 5 MB of it.
 *
 * @throws SourceError
 */
export function readFolder(folder: string, url: string, reading: Reading): SourceFile[] {
  const root = resolveBelow(folder, url, "folder");
  const take = createBudget("The skeleton");
  const files: SourceFile[] = [];
  const walk = (below: string) => {
    for (const entry of readdirSync(path.join(root, below), { withFileTypes: true })) {
      const relative = path.posix.join(below, entry.name);
      if (entry.isDirectory()) walk(relative);
      else files.push(readFile(path.join(root, relative), relative, reading, take));
    }
  };
  walk("");
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Reads one file below a template's folder; its path is empty. Raises `SourceError`. */
export function readOne(folder: string, url: string): SourceFile {
  const file = resolveBelow(folder, url, "file");
  return { ...readFile(file, url, { templated: () => false }, createBudget(url)), path: "" };
}

function readFile(file: string, relative: string, reading: Reading, take: (size: number) => void): SourceFile {
  const stats = lstatSync(file);
  if (!stats.isFile()) {
    throw new SourceError(`${relative} is neither a file nor a folder. Links are refused: they could point anywhere.`);
  }
  take(stats.size);
  const content = readFileSync(file);
  const templated = reading.templated(relative) && isText(content);
  const { extension } = reading;
  return {
    path: templated && extension ? relative.slice(0, -extension.length) : relative,
    content,
    executable: (stats.mode & 0o111) !== 0,
    templated,
    named: !reading.verbatimName?.(relative),
  };
}

const EXPRESSION = /\$\{\{.*?\}\}/g;

/** What `url` may mean: itself, or where it has expressions every file or folder of the template that fits it. */
export function candidatesOf(folder: string, url: string, kind: "file" | "folder"): string[] {
  if (!url.includes("${{")) return [url];
  const written = url.replace(/^\.\//, "");
  const pattern = globToRegExp(written.replace(EXPRESSION, "*"));
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => (kind === "file" ? entry.isFile() : entry.isDirectory()))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/"))
    .filter((relative) => pattern.test(relative));
  if (found.length === 0) throw new SourceError(`There is no ${kind} that ${url} could mean.`);
  return found.sort().map((relative) => `./${relative}`);
}

/** Whether it may be read as text and written again without a loss. */
function isText(content: Buffer): boolean {
  if (content.includes(0)) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(content);
    return true;
  } catch {
    // Some other encoding: copied as it is.
    return false;
  }
}
