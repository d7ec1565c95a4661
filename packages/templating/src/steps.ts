import { z } from "zod";
import type { ParsedDocument, TemplateDocument } from "./document.ts";
import { globToRegExp } from "./paths.ts";
import { candidatesOf, readFolder, readOne, SourceError, type SourceFile } from "./skeleton.ts";

/** A member whose value may be an expression: what it comes to is checked when the template runs. */
const expression = z.string().includes("${{");
const url = z.string().regex(/^\.\/?/, "must be below the template's own folder, such as ./skeleton");
const flag = z.union([z.boolean(), expression]);
const globs = z.array(z.string());

const fetchTemplate = z.strictObject({
  url,
  targetPath: z.string().default("."),
  values: z.record(z.string(), z.json()).default({}),
  /** Whether it takes the place of what an earlier step made; else it leaves that be. */
  replace: flag.default(false),
  copyWithoutTemplating: globs.optional(),
  /** Backstage's older word for it, which leaves names as they are too. */
  copyWithoutRender: globs.optional(),
  /** Only files that end so are templates; the ending is taken off. */
  templateFileExtension: z
    .union([z.boolean(), z.string().min(1)])
    .transform((value) => {
      if (typeof value === "boolean") return value ? ".njk" : undefined;
      return value.startsWith(".") ? value : `.${value}`;
    })
    .optional(),
  /** Expressions are `{{ cookiecutter.name }}`, as in cookiecutter's own templates. */
  cookiecutterCompat: z.boolean().default(false),
  trimBlocks: z.boolean().default(false),
  lstripBlocks: z.boolean().default(false),
});

const inputs = {
  "fetch:template": fetchTemplate,
  "fetch:plain": z.strictObject({ url, targetPath: z.string().default(".") }),
  "fetch:plain:file": z.strictObject({ url, targetPath: z.string() }),
  "fs:rename": z.strictObject({
    files: z.union([
      expression,
      z.array(z.strictObject({ from: z.string(), to: z.string(), overwrite: flag.default(false) })),
    ]),
  }),
  "fs:delete": z.strictObject({ files: z.union([expression, globs]) }),
  "catalog:write": z.strictObject({
    filePath: z.string().default("catalog-info.yaml"),
    entity: z.union([expression, z.record(z.string(), z.json())]),
  }),
  // Turnpike makes the repository and registers the service itself, and keeps no log of a template's own words.
  "publish:github": z.looseObject({}),
  "catalog:register": z.looseObject({}),
  "debug:log": z.looseObject({}),
  "debug:wait": z.looseObject({}),
};

type Action = keyof typeof inputs;

const isAction = (name: string): name is Action => Object.hasOwn(inputs, name);

/** What Turnpike does itself, or needn't: recognised, and nothing comes of its input. */
const LEFT_OUT: ReadonlySet<Action> = new Set(["publish:github", "catalog:register", "debug:log", "debug:wait"]);

/** How nunjucks reads the files of a `fetch:template` step. */
export interface Dialect {
  readonly trimBlocks: boolean;
  readonly lstripBlocks: boolean;
  readonly cookiecutterCompat: boolean;
}

/** One step of a template, read and checked; what is an expression in it is still one. */
export interface TemplateStep {
  readonly id: string | undefined;
  readonly action: Action;
  readonly if: unknown;
  readonly each: unknown;
  readonly input: Readonly<Record<string, unknown>>;
  /** What it may fetch, by url: one where the url is written out, all that fit where it is an expression. */
  readonly sources: ReadonlyMap<string, readonly SourceFile[]>;
  readonly dialect: Dialect | undefined;
}

const KNOWN = new Set(["id", "name", "action", "input", "if", "each"]);

/** Reads the steps of a template below `folder`. What is wrong is added to `problems`, with file and line. */
export function readSteps(
  folder: string,
  { at }: Pick<ParsedDocument, "at">,
  steps: TemplateDocument["spec"]["steps"],
  problems: string[],
): TemplateStep[] {
  let published = false;
  return steps.flatMap((step, index) => {
    const where = ["spec", "steps", index];
    const { action } = step;
    if (!isAction(action)) {
      const supported = Object.keys(inputs).join(", ");
      problems.push(`${at(where)} The action ${action} isn't supported: ${supported} are.`);
      return [];
    }
    for (const key of Object.keys(step).filter((each) => !KNOWN.has(each))) {
      problems.push(`${at([...where, key])} ${key} isn't supported on a step.`);
    }
    if (published && !LEFT_OUT.has(action)) {
      problems.push(`${at(where)} ${action} comes after publish:github: its files would not reach the repository.`);
    }
    published ||= action === "publish:github";
    const parsed = inputs[action].safeParse(step.input);
    if (!parsed.success) {
      for (const issue of parsed.error.issues) {
        const place = [...where, "input", ...issue.path];
        problems.push(`${at(place)} ${place.join(".")}: ${issue.message}`);
      }
      return [];
    }
    try {
      return [{ id: step.id, action, if: step.if, each: step.each, ...fetched(folder, action, parsed.data) }];
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      problems.push(`${at([...where, "input", "url"])} ${error.message}`);
      return [];
    }
  });
}

type Fetched = Pick<TemplateStep, "input" | "sources" | "dialect">;

function fetched(folder: string, action: Action, input: Record<string, unknown>): Fetched {
  if (LEFT_OUT.has(action)) return { input: {}, sources: new Map(), dialect: undefined };
  if (action === "fetch:template") return fetchedTemplate(folder, input as z.output<typeof fetchTemplate>);
  const plain = { templated: () => false };
  if (action === "fetch:plain") {
    return {
      input,
      sources: read(folder, input.url as string, "folder", (at) => readFolder(folder, at, plain)),
      dialect: undefined,
    };
  }
  if (action === "fetch:plain:file") {
    return {
      input,
      sources: read(folder, input.url as string, "file", (at) => [readOne(folder, at)]),
      dialect: undefined,
    };
  }
  return { input, sources: new Map(), dialect: undefined };
}

function fetchedTemplate(folder: string, input: z.output<typeof fetchTemplate>): Fetched {
  const { url: from, targetPath, values, replace, templateFileExtension: extension, ...how } = input;
  const { trimBlocks, lstripBlocks, cookiecutterCompat, copyWithoutTemplating, copyWithoutRender } = how;
  const verbatim = copyWithoutTemplating ?? copyWithoutRender ?? [];
  if (copyWithoutTemplating && copyWithoutRender) {
    throw new SourceError("copyWithoutTemplating and copyWithoutRender are one thing: only one of them may be given.");
  }
  if (extension !== undefined && (verbatim.length > 0 || cookiecutterCompat)) {
    throw new SourceError(
      "templateFileExtension says which files are templates: copyWithoutTemplating and cookiecutterCompat can't be given beside it.",
    );
  }
  const patterns = verbatim.map(globToRegExp);
  const matches = (file: string) => patterns.some((pattern) => pattern.test(file));
  return {
    input: { url: from, targetPath, values, replace },
    dialect: { trimBlocks, lstripBlocks, cookiecutterCompat },
    sources: read(folder, from, "folder", (at) =>
      readFolder(folder, at, {
        templated: (file) => (extension === undefined ? !matches(file) : file.endsWith(extension)),
        extension,
        verbatimName: copyWithoutRender ? matches : undefined,
      }),
    ),
  };
}

function read(folder: string, from: string, kind: "file" | "folder", files: (at: string) => SourceFile[]) {
  return new Map(candidatesOf(folder, from, kind).map((candidate) => [candidate, files(candidate)]));
}
