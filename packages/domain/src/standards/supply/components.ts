/** Where a component comes from, in the words of OSV: https://ossf.github.io/osv-schema/#defined-ecosystems */
export type Ecosystem = "npm" | "PyPI" | "Go";

/** Something that somebody else wrote, and that is shipped. */
export interface Component {
  readonly ecosystem: Ecosystem;
  readonly name: string;
  readonly version: string;
  /** An SPDX expression, as its maker says; undefined where the lockfile doesn't tell. */
  readonly licence: string | undefined;
  /** Where it says so. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export interface Inventory {
  readonly components: readonly Component[];
  /** Dependencies whose version isn't fixed. */
  readonly unpinned: readonly { readonly file: string; readonly line: number; readonly name: string }[];
  /** Files that name dependencies and can't be read. */
  readonly unread: readonly string[];
}

const NONE: Inventory = { components: [], unpinned: [], unread: [] };

/** What a repository ships beside its own code, by its lockfiles; what is for development alone is left out. */
export function inventoryOf(files: ReadonlyMap<string, string>): Inventory {
  const readers: [RegExp, (file: string, text: string) => Inventory][] = [
    [/(^|\/)package-lock\.json$/, npmLock],
    [/(^|\/)requirements\.txt$/, pythonRequirements],
    [/(^|\/)go\.mod$/, goModule],
    [
      /(^|\/)(yarn\.lock|pnpm-lock\.yaml|bun\.lock|poetry\.lock|uv\.lock|Pipfile\.lock)$/,
      (file) => ({ ...NONE, unread: [file] }),
    ],
  ];
  const found = [...files].flatMap(([file, text]) =>
    readers.filter(([name]) => name.test(file)).map(([, read]) => read(file, text)),
  );
  return {
    components: found.flatMap(({ components }) => components),
    unpinned: found.flatMap(({ unpinned }) => unpinned),
    unread: [...found.flatMap(({ unread }) => unread), ...unlocked(files)],
  };
}

/** Manifests with dependencies beside which there is no lockfile. */
function unlocked(files: ReadonlyMap<string, string>): string[] {
  return [...files].flatMap(([file, text]) => {
    const folder = file.slice(0, file.length - "package.json".length);
    if (!/(^|\/)package\.json$/.test(file) || !/"dependencies"\s*:\s*\{\s*"/.test(text)) return [];
    const locks = ["package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"];
    return locks.some((lock) => files.has(`${folder}${lock}`) || files.has(lock)) ? [] : [file];
  });
}

interface LockedPackage {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
}

/** https://docs.npmjs.com/cli/configuring-npm/package-lock-json#packages */
function npmLock(file: string, text: string): Inventory {
  let lock: { packages?: Record<string, LockedPackage> };
  try {
    lock = JSON.parse(text) as typeof lock;
  } catch {
    return { ...NONE, unread: [file] };
  }
  if (!lock.packages) return { ...NONE, unread: [file] };
  const lines = linesOf(text, /^\s*"((?:[^"\\]|\\.)*node_modules\/[^"]*)": \{/);
  const components = Object.entries(lock.packages).flatMap(([place, { name, version, license, dev, link }]) => {
    if (!place.includes("node_modules/") || dev || link || !version) return [];
    const installed = name ?? place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
    return [
      { ecosystem: "npm" as const, name: installed, version, licence: license, file, line: lines.get(place) ?? 1 },
    ];
  });
  return { ...NONE, components };
}

/** https://pip.pypa.io/en/stable/reference/requirements-file-format/ */
function pythonRequirements(file: string, text: string): Inventory {
  const components: Component[] = [];
  const unpinned: Inventory["unpinned"][number][] = [];
  for (const { line, text: written } of logicalLines(text)) {
    const requirement = written.replace(/(^|\s)#.*$/, "").trim();
    if (requirement === "" || requirement.startsWith("-")) continue;
    const [, name = requirement, rest = ""] =
      /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)$/.exec(requirement) ?? [];
    const [, version] = /^===?\s*([^\s;*,]+)\s*(?:$|;|--|\s)/.exec(rest) ?? [];
    // PEP 503: names that differ in these only are one.
    const normal = name.toLowerCase().replace(/[-_.]+/g, "-");
    if (version === undefined) unpinned.push({ file, line, name });
    else components.push({ ecosystem: "PyPI", name: normal, version, licence: undefined, file, line });
  }
  return { ...NONE, components, unpinned };
}

/** Lines, each with what a backslash at its end continues it with, and where it begins. */
function logicalLines(text: string): { line: number; text: string }[] {
  const lines: { line: number; text: string }[] = [];
  let isContinued = false;
  for (const [index, written] of text.split("\n").entries()) {
    const last = lines.at(-1);
    if (isContinued && last) last.text += ` ${written.replace(/\\$/, "")}`;
    else lines.push({ line: index + 1, text: written.replace(/\\$/, "") });
    isContinued = written.endsWith("\\");
  }
  return lines;
}

/** https://go.dev/ref/mod#go-mod-file */
function goModule(file: string, text: string): Inventory {
  const components = text.split("\n").flatMap((written, index): Component[] => {
    const [, name = "", version = ""] = /^\s*(?:require\s+)?([\w.~/-]+\.[\w.~/-]+)\s+v(\d\S*)/.exec(written) ?? [];
    if (!name || /^\s*(?:replace|exclude|retract|module)\b/.test(written)) return [];
    return [{ ecosystem: "Go", name, version, licence: undefined, file, line: index + 1 }];
  });
  return { ...NONE, components };
}

/** Where each of what `pattern` captures is first written. */
function linesOf(text: string, pattern: RegExp): Map<string, number> {
  const lines = new Map<string, number>();
  for (const [index, line] of text.split("\n").entries()) {
    const [, found] = pattern.exec(line) ?? [];
    if (found !== undefined && !lines.has(found)) lines.set(found, index + 1);
  }
  return lines;
}

/** A package URL: https://github.com/package-url/purl-spec */
export function purlOf({ ecosystem, name, version }: Pick<Component, "ecosystem" | "name" | "version">): string {
  const type = { npm: "npm", PyPI: "pypi", Go: "golang" }[ecosystem];
  const path = name.split("/").map(encodeURIComponent).join("/");
  const stated = ecosystem === "Go" ? `v${version}` : version;
  return `pkg:${type}/${path}@${encodeURIComponent(stated)}`;
}
