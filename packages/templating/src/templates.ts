import path from "node:path";
import { AppError } from "@turnpike/kernel";
import { compileTemplate, TemplateSyntaxError } from "./compile.ts";
import { createValidator, type Validated } from "./parameters.ts";
import { createRenderPool, RenderFailedError } from "./pool.ts";
import { type LoadedTemplate, loadTemplates, type TemplateResult } from "./template.ts";

export interface RenderedFile {
  readonly path: string;
  readonly content: Uint8Array;
  /** 0o644 or 0o755 */
  readonly mode: number;
}

/** A template can't be rendered with these values. */
export class TemplateRenderError extends AppError {
  readonly kind = "invalid";
  readonly code = "templating.render-failed";

  constructor(template: string, why: string, options?: ErrorOptions) {
    super(
      `The template ${template} could not be rendered: ${why}. Nothing was created. Tell the template's owner.`,
      options,
    );
  }
}

export interface TemplateValues {
  readonly name: string;
  readonly owner: string;
  readonly description: string;
  readonly serviceId: string;
  readonly repository: string;
  readonly environments: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
}

const RELOAD_MS = 2000;

/** What a template puts into a repository stays inside it, and is no part of git's own. */
function problemOfPath(file: string): string | undefined {
  if (file === "" || path.posix.isAbsolute(file) || file.includes("\0") || file.includes("\\"))
    return "is no relative path";
  if (path.posix.normalize(file) !== file || file.split("/").some((part) => part === ".." || part === "."))
    return "leaves the repository";
  if (file.split("/").some((part) => part.toLowerCase() === ".git")) return "is git's own";
  return undefined;
}

/**
 * The templates below `directory`, one folder each. They are read again at most every two seconds, so that a
 * template may be edited while Turnpike runs.
 *
 * @param cacheDir absolute path for compiled templates; may be deleted while nothing runs
 */
export function createTemplates({ directory, cacheDir }: { directory: string; cacheDir: string }) {
  const pool = createRenderPool(path.resolve(cacheDir));
  let loaded:
    | { at: number; results: TemplateResult[]; validators: Map<string, ReturnType<typeof createValidator>> }
    | undefined;

  function load() {
    const now = Date.now();
    if (loaded && now - loaded.at < RELOAD_MS) return loaded;
    const results = loadTemplates(directory);
    loaded = { at: now, results, validators: new Map() };
    return loaded;
  }

  function find(name: string): LoadedTemplate | undefined {
    for (const result of load().results)
      if (result.kind === "valid" && result.template.name === name) return result.template;
    return undefined;
  }

  const detail = ({ files: _files, ...template }: LoadedTemplate) => template;

  return {
    async list() {
      const { results } = load();
      return {
        templates: results.flatMap((result) => (result.kind === "valid" ? [detail(result.template)] : [])),
        broken: results.flatMap((result) =>
          result.kind === "invalid" ? [{ name: result.name, problems: result.problems }] : [],
        ),
      };
    },

    async find(name: string) {
      const template = find(name);
      return template && detail(template);
    },

    async validate(name: string, parameters: Readonly<Record<string, unknown>>): Promise<Validated> {
      const template = find(name);
      if (!template)
        return { kind: "invalid", problems: [{ field: "template", message: `There is no template ${name}.` }] };
      const { validators } = load();
      const validator = validators.get(name) ?? createValidator(template);
      validators.set(name, validator);
      return validator(parameters);
    },

    /** Raises `TemplateRenderError`. */
    async render(name: string, { parameters, ...values }: TemplateValues): Promise<RenderedFile[]> {
      const template = find(name);
      if (!template) throw new TemplateRenderError(name, "there is no such template");
      try {
        const module = compileTemplate(template, path.resolve(cacheDir));
        // A person's parameters never take the place of what Turnpike says.
        const rendered = await pool.render(module, {
          ...parameters,
          ...values,
          template: { name, version: template.version },
          parameters,
        });
        return assemble(template, rendered);
      } catch (error) {
        if (error instanceof RenderFailedError || error instanceof TemplateSyntaxError) {
          throw new TemplateRenderError(name, error.message.replace(/\.$/, ""), { cause: error });
        }
        throw error;
      }
    },

    close: () => pool.close(),
  };
}

function assemble(
  template: LoadedTemplate,
  rendered: readonly { path: string; body: string | undefined }[],
): RenderedFile[] {
  const files = new Map<string, RenderedFile>();
  template.files.forEach((file, index) => {
    const { path: target = "", body } = rendered[index] ?? {};
    const problem = problemOfPath(target);
    if (problem) throw new TemplateRenderError(template.name, `the path ${JSON.stringify(target)} ${problem}`);
    if (files.has(target)) throw new TemplateRenderError(template.name, `two files would be ${target}`);
    files.set(target, {
      path: target,
      content: file.templated ? new TextEncoder().encode(body ?? "") : file.content,
      mode: file.executable ? 0o755 : 0o644,
    });
  });
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
