import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";

/** A template that can be offered: Backstage's `scaffolder.backstage.io/v1beta3`, read and checked. */
export interface LoadedTemplate {
  readonly name: string;
  readonly version: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly owner: string;
  readonly sections: readonly { title: string; description?: string; schema: { readonly [key: string]: unknown } }[];
  readonly files: readonly SkeletonFile[];
}

export interface SkeletonFile {
  /** Relative to the skeleton, with `/`; itself a template. */
  readonly path: string;
  readonly content: Buffer;
  readonly executable: boolean;
  /** False: copied as it is. */
  readonly templated: boolean;
}

export type TemplateResult =
  | { readonly kind: "valid"; readonly template: LoadedTemplate }
  | { readonly kind: "invalid"; readonly name: string; readonly problems: readonly string[] };

const MAX_FILES = 500;
const MAX_BYTES = 5 * 1024 * 1024;
const VERSION = "turnpike.dev/version";

/** What Turnpike does itself, whatever a template says of it: recognised, and left out. */
const ownActions = new Set(["publish:github", "catalog:register"]);

const section = z.looseObject({
  title: z.string(),
  description: z.string().optional(),
  properties: z.record(z.string(), z.looseObject({ type: z.enum(["string", "number", "integer", "boolean"]) })),
  required: z.array(z.string()).optional(),
});

const document = z.object({
  apiVersion: z.literal("scaffolder.backstage.io/v1beta3"),
  kind: z.literal("Template"),
  metadata: z.object({
    name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
    title: z.string(),
    description: z.string(),
    tags: z.array(z.string()).default([]),
    annotations: z.object({ [VERSION]: z.string().regex(/^\d+\.\d+\.\d+$/, "a version such as 1.0.0") }),
  }),
  spec: z.object({
    owner: z.string(),
    type: z.string(),
    parameters: z.array(section).default([]),
    steps: z
      .array(
        z.object({
          id: z.string().optional(),
          name: z.string().optional(),
          action: z.string(),
          input: z
            .object({ url: z.string().optional(), copyWithoutTemplating: z.array(z.string()).optional() })
            .loose()
            .default({}),
        }),
      )
      .min(1),
  }),
});

/** Reads every template below `directory`, one folder each; a bad one doesn't hide the others. */
export function loadTemplates(directory: string): TemplateResult[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(path.join(directory, entry.name, "template.yaml")))
    .map((entry) => loadTemplate(path.join(directory, entry.name)))
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

const nameOf = (result: TemplateResult) => (result.kind === "valid" ? result.template.name : result.name);

/** Reads one template from its folder. Never raises: what is wrong is told with file and line. */
export function loadTemplate(folder: string): TemplateResult {
  const name = path.basename(folder);
  const lines = new LineCounter();
  const yaml = parseDocument(readFileSync(path.join(folder, "template.yaml"), "utf8"), { lineCounter: lines });
  const at = (offset: number | undefined) => `template.yaml:${offset === undefined ? 1 : lines.linePos(offset).line}`;
  if (yaml.errors.length > 0) {
    const problems = yaml.errors.map((error) => `${at(error.pos[0])} ${error.message.split("\n", 1)[0]}`);
    return { kind: "invalid", name, problems };
  }
  const parsed = document.safeParse(yaml.toJS({ maxAliasCount: 0 }));
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const node = yaml.getIn(issue.path, true) as { range?: [number, number, number] } | undefined;
      return `${at(node?.range?.[0])} ${issue.path.join(".")}: ${issue.message}`;
    });
    return { kind: "invalid", name, problems };
  }
  const { metadata, spec } = parsed.data;
  const problems: string[] = [];
  const skeletons: { url: string; verbatim: readonly string[] }[] = [];
  spec.steps.forEach((step, index) => {
    if (ownActions.has(step.action)) return;
    const url = step.input.url;
    if (step.action === "fetch:template" && url?.startsWith("./")) {
      skeletons.push({ url, verbatim: step.input.copyWithoutTemplating ?? [] });
      return;
    }
    const node = yaml.getIn(["spec", "steps", index], true) as { range?: [number, number, number] } | undefined;
    problems.push(
      `${at(node?.range?.[0])} The action ${step.action} isn't supported: use fetch:template with a url below the template's folder.`,
    );
  });
  if (metadata.name !== name)
    problems.push(`template.yaml:1 metadata.name is ${metadata.name}, and the folder is ${name}.`);
  const files: SkeletonFile[] = [];
  for (const { url, verbatim } of skeletons) {
    const root = path.resolve(folder, url);
    if (!root.startsWith(`${path.resolve(folder)}${path.sep}`) || !existsSync(root))
      problems.push(`template.yaml:1 There is no folder ${url}.`);
    else readSkeleton(root, "", verbatim, files, problems);
  }
  if (files.length > MAX_FILES)
    problems.push(`The skeleton has ${files.length} files; at most ${MAX_FILES} are allowed.`);
  const bytes = files.reduce((sum, file) => sum + file.content.length, 0);
  if (bytes > MAX_BYTES) problems.push(`The skeleton has ${bytes} bytes; at most ${MAX_BYTES} are allowed.`);
  if (problems.length > 0) return { kind: "invalid", name, problems };
  return {
    kind: "valid",
    template: {
      name,
      version: metadata.annotations[VERSION],
      title: metadata.title,
      description: metadata.description,
      tags: metadata.tags,
      owner: spec.owner,
      sections: spec.parameters.map(({ title, description, ...schema }) => ({
        title,
        ...(description ? { description } : {}),
        schema: { type: "object", additionalProperties: false, ...schema },
      })),
      files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    },
  };
}

/** Whether `file` is named by a pattern: a path, or a folder with `/**` behind it. */
function isNamed(file: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => path.posix.matchesGlob(file, pattern));
}

function readSkeleton(
  root: string,
  below: string,
  verbatim: readonly string[],
  files: SkeletonFile[],
  problems: string[],
): void {
  for (const entry of readdirSync(path.join(root, below), { withFileTypes: true })) {
    const relative = below === "" ? entry.name : `${below}/${entry.name}`;
    const file = path.join(root, relative);
    if (entry.isDirectory()) {
      readSkeleton(root, relative, verbatim, files, problems);
    } else if (entry.isFile()) {
      const content = readFileSync(file);
      files.push({
        path: relative,
        content,
        executable: (lstatSync(file).mode & 0o111) !== 0,
        templated: !content.includes(0) && !isNamed(relative, verbatim),
      });
    } else {
      problems.push(`${relative} is neither a file nor a folder. Links are refused: they could point anywhere.`);
    }
  }
}
