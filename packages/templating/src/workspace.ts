import path from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { foldersOf, globToRegExp, problemOfPath } from "./paths.ts";
import type { Operation, RenderedText } from "./pool.ts";
import { MAX_BYTES } from "./skeleton.ts";
import type { TemplateStep } from "./steps.ts";

export interface RenderedFile {
  readonly path: string;
  readonly content: Uint8Array;
  /** 0o644 or 0o755 */
  readonly mode: number;
}

/** Why what a template's steps come to can't be a repository, in words. */
export class WorkspaceError extends Error {}

type Files = Map<string, RenderedFile>;

const encoder = new TextEncoder();

/** A template may fetch the same files many times over. */
const MAX_MADE = 5000;

/** What the expressions of a step's input came to; a text that is none of these refuses the step. */
const isTrue = z.union([z.boolean(), z.literal("").transform(() => false)]).default(false);
const fetched = z.object({ url: z.string(), targetPath: z.string(), replace: isTrue });
const renames = z.object({
  files: z.array(z.strictObject({ from: z.string(), to: z.string(), overwrite: isTrue })),
});
const deletions = z.object({ files: z.array(z.string()) });
const written = z.object({ filePath: z.string(), entity: z.record(z.string(), z.unknown()) });

/** A path as a step says it, relative to the repository. The repository itself is the empty path. */
function targetOf(said: string): string {
  const target = path.posix.normalize(said).replace(/\/$/, "");
  if (target === ".") return "";
  const problem = problemOfPath(target);
  if (problem) throw new WorkspaceError(`the path ${JSON.stringify(said)} ${problem}`);
  return target;
}

/** A name that came to nothing in one of its parts is left out, as in Backstage: that is how a template makes a file conditional. */
const isLeftOut = (file: string) => file === "" || file.startsWith("/") || file.includes("//");

/**
 * What a repository will hold, in memory, and no more than 5 MB of it: the operations of a template's steps, done in
 * order. Raises `WorkspaceError`; nothing is written.
 */
export function assemble(steps: readonly TemplateStep[], operations: readonly Operation[]): RenderedFile[] {
  const files: Files = new Map();
  for (const operation of operations) {
    const step = steps[operation.step];
    if (step) apply(files, step, operation);
    checkSize(files);
  }
  for (const file of files.keys()) {
    const folder = foldersOf(file).find((above) => files.has(above));
    if (folder) throw new WorkspaceError(`${folder} would be a file and a folder`);
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function apply(files: Files, step: TemplateStep, { step: index, input, files: rendered }: Operation): void {
  const read = <T>(schema: z.ZodType<T>): T => {
    const parsed = schema.safeParse(input);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new WorkspaceError(`step ${index + 1} (${step.action}): ${issue?.path.join(".")}: ${issue?.message}`);
  };
  switch (step.action) {
    case "fetch:template":
      fetch(files, step, read(fetched), rendered);
      break;
    case "fetch:plain":
    case "fetch:plain:file":
      fetch(files, step, { ...read(fetched), replace: true }, undefined);
      break;
    case "fs:rename":
      for (const each of read(renames).files) rename(files, each);
      break;
    case "fs:delete":
      for (const glob of read(deletions).files) remove(files, glob);
      break;
    case "catalog:write": {
      const { filePath, entity } = read(written);
      put(files, targetOf(filePath), encoder.encode(stringify(entity)), 0o644);
    }
  }
}

function fetch(
  files: Files,
  { sources }: TemplateStep,
  { url, targetPath, replace }: z.output<typeof fetched>,
  rendered: readonly RenderedText[] | undefined,
): void {
  const source = sources.get(url) ?? sources.get(`./${path.posix.normalize(url).replace(/\/$/, "")}`);
  if (!source) throw new WorkspaceError(`there is no ${JSON.stringify(url)} in the template`);
  const below = targetOf(targetPath);
  const before = new Set(files.keys());
  for (const [index, file] of source.entries()) {
    const name = rendered ? (rendered[index]?.path ?? "") : file.path;
    // A single file has no name of its own: it goes by the one that the step gives it.
    if (file.path !== "" && isLeftOut(name)) continue;
    const problem = file.path === "" ? undefined : problemOfPath(name);
    if (problem) throw new WorkspaceError(`the path ${JSON.stringify(name)} ${problem}`);
    const target = path.posix.join(below, name);
    if (files.has(target) && !before.has(target)) throw new WorkspaceError(`two files would be ${target}`);
    if (before.has(target) && !replace) continue;
    const body = rendered?.[index]?.body;
    put(files, target, body === undefined ? file.content : encoder.encode(body), file.executable ? 0o755 : 0o644);
  }
}

type Rename = z.output<typeof renames>["files"][number];

function rename(files: Files, { from, to, overwrite }: Rename): void {
  const [source, target] = [targetOf(from), targetOf(to)];
  const moved = [...files.values()].filter(({ path: file }) => file === source || file.startsWith(`${source}/`));
  if (moved.length === 0) throw new WorkspaceError(`there is no ${JSON.stringify(from)} to rename`);
  for (const file of moved) {
    const moving = path.posix.join(target, path.posix.relative(source, file.path));
    if (files.has(moving) && !overwrite) throw new WorkspaceError(`${moving} is there already`);
    files.delete(file.path);
    files.set(moving, { ...file, path: moving });
  }
}

function remove(files: Files, glob: string): void {
  const pattern = globToRegExp(path.posix.normalize(glob).replace(/\/$/, ""));
  for (const file of files.keys()) {
    if ([file, ...foldersOf(file)].some((each) => pattern.test(each))) files.delete(file);
  }
}

function put(files: Files, target: string, content: Uint8Array, mode: number): void {
  if (target === "") throw new WorkspaceError("a file has no name");
  files.set(target, { path: target, content, mode });
}

function checkSize(files: Files): void {
  if (files.size > MAX_MADE) throw new WorkspaceError(`it makes more than ${MAX_MADE} files`);
  const bytes = files.values().reduce((sum, { content }) => sum + content.byteLength, 0);
  if (bytes > MAX_BYTES) throw new WorkspaceError(`it makes more than ${MAX_BYTES / 1024 / 1024} MB`);
}
