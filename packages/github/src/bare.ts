import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Makes `directory` an empty bare repository, as `git init --bare` would, without a process. Does nothing if it is one. */
export function initMirror(directory: string): void {
  if (existsSync(path.join(directory, "HEAD"))) return;
  mkdirSync(path.join(directory, "objects"), { recursive: true });
  mkdirSync(path.join(directory, "refs", "heads"), { recursive: true });
  writeFileSync(path.join(directory, "config"), "[core]\n\trepositoryformatversion = 0\n\tbare = true\n");
  writeFileSync(path.join(directory, "HEAD"), "ref: refs/heads/main\n");
}
