import { type Dirent, existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import type { FetchInput } from "./document.ts";

interface SkeletonFile {
  /** Relative to the repository, with `/`; itself a template. */
  readonly path: string;
  readonly content: Buffer;
  readonly executable: boolean;
  /** False: copied as it is. */
  readonly templated: boolean;
}

/** One folder of templates, and how its `fetch:template` step wants it rendered. */
export interface Skeleton extends Pick<FetchInput, "values" | "trimBlocks" | "lstripBlocks"> {
  readonly files: readonly SkeletonFile[];
}

const MAX_FILES = 500;
export const MAX_BYTES = 5 * 1024 * 1024;

/** Why a skeleton is refused, in words. */
export class SkeletonError extends Error {}

/**
 * Reads a skeleton below a template's folder, at most 500 files and 5 MB of it.
 *
 * @throws SkeletonError
 */
export function readSkeleton(folder: string, input: FetchInput): Skeleton {
  const root = path.resolve(folder, input.url);
  if (!existsSync(root) || !lstatSync(root).isDirectory()) throw new SkeletonError(`There is no folder ${input.url}.`);
  // A link further up could lead out of the template as well as one at the end.
  if (!realpathSync(root).startsWith(`${realpathSync(folder)}${path.sep}`)) {
    throw new SkeletonError(`${input.url} is not below the template's folder.`);
  }
  const files: SkeletonFile[] = [];
  let bytes = 0;
  const walk = (below: string) => {
    for (const entry of readdirSync(path.join(root, below), { withFileTypes: true })) {
      const relative = path.posix.join(below, entry.name);
      if (entry.isDirectory()) {
        walk(relative);
        continue;
      }
      const file = readFile(path.join(root, relative), relative, entry, input);
      files.push(file);
      bytes += file.content.length;
      if (files.length > MAX_FILES) throw new SkeletonError(`The skeleton has more than ${MAX_FILES} files.`);
      if (bytes > MAX_BYTES) throw new SkeletonError(`The skeleton has more than ${MAX_BYTES / 1024 / 1024} MB.`);
    }
  };
  walk("");
  const { values, trimBlocks, lstripBlocks } = input;
  return { values, trimBlocks, lstripBlocks, files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

function readFile(file: string, relative: string, entry: Dirent, input: FetchInput): SkeletonFile {
  if (!entry.isFile()) {
    throw new SkeletonError(
      `${relative} is neither a file nor a folder. Links are refused: they could point anywhere.`,
    );
  }
  const { templateFileExtension: extension } = input;
  const content = readFileSync(file);
  const named = input.copyWithoutTemplating.some((pattern) => globToRegExp(pattern).test(relative));
  const templated = isText(content) && !named && (extension === undefined || relative.endsWith(extension));
  const stripped = templated && extension ? relative.slice(0, -extension.length) : relative;
  return {
    path: path.posix.join(input.targetPath, stripped),
    content,
    executable: (lstatSync(file).mode & 0o111) !== 0,
    templated,
  };
}

/** `*` and `?` within a name, `**` across folders, names with a leading dot too, as in Backstage; all else is literal. */
function globToRegExp(glob: string): RegExp {
  const source = glob.replace(/\*\*\/|\*\*|\*|\?|[\\^$.|+()[\]{}]/g, (part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    return part === "?" ? "[^/]" : `\\${part}`;
  });
  return new RegExp(`^${source}$`, "s");
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
