import path from "node:path";

/** Why a template may not put a file at this path of a repository; undefined when it may. */
export function problemOfPath(file: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (file === "" || path.posix.isAbsolute(file) || /[\u0000-\u001f\u007f\\]/.test(file)) return "is no relative path";
  const parts = file.split("/");
  if (path.posix.normalize(file) !== file || parts.includes("..") || parts.includes(".")) {
    return "leaves the repository";
  }
  // Git's own names for its folder on file systems that ignore case, and on Windows.
  if (parts.some((part) => /^(\.git|git~1)[ .]*$/i.test(part))) return "is git's own";
  if (parts.some((part) => /[<>:"|?*]|[. ]$/.test(part) || /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(part))) {
    return "can't be a file's on Windows";
  }
  return undefined;
}

/** Folders above a file: `a/b/c` → `a`, `a/b`. */
export function foldersOf(file: string): string[] {
  const parts = file.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** `*` and `?` within a name, `**` across folders, names with a leading dot too, as in Backstage; all else is literal. */
export function globToRegExp(glob: string): RegExp {
  const source = glob.replace(/\*\*\/|\*\*|\*|\?|[\\^$.|+()[\]{}]/g, (part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    return part === "?" ? "[^/]" : `\\${part}`;
  });
  return new RegExp(`^${source}$`, "s");
}
