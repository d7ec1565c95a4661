import { mkdirSync, realpathSync } from "node:fs";
import { AppError } from "@turnpike/kernel";
import { compileTemplate, TemplateSyntaxError } from "./compile.ts";
import { createValidator, type ParameterSchema, type Validated } from "./parameters.ts";
import { createRenderPool, RenderFailedError } from "./pool.ts";
import { stampOf } from "./stamp.ts";
import { type LoadedTemplate, loadTemplates, type TemplateResult } from "./template.ts";
import { assemble, type RenderedFile, WorkspaceError } from "./workspace.ts";

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

type Validator = ReturnType<typeof createValidator>;

interface Loaded {
  readonly stamp: string;
  readonly results: TemplateResult[];
  readonly validators: Map<ParameterSchema, Validator>;
}

const LOOK_MS = 2000;

/**
 * The templates below `directory`, one folder each. Whether they changed is looked at every two seconds at most, so
 * that a template may be edited while Turnpike runs.
 *
 * @param cacheDir for compiled templates; may be deleted while nothing runs
 */
export function createTemplates({ directory, cacheDir }: { directory: string; cacheDir: string }) {
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
  // The permission model compares paths as they are after links.
  const cache = realpathSync(cacheDir);
  const pool = createRenderPool(cache);
  let loaded: Loaded | undefined;
  let lookedAt = 0;

  function load(): Loaded {
    const now = performance.now();
    if (loaded && now - lookedAt < LOOK_MS) return loaded;
    // Before it is read: what changes meanwhile is seen by the next look.
    const stamp = stampOf(directory);
    if (loaded?.stamp !== stamp) loaded = { stamp, results: loadTemplates(directory), validators: new Map() };
    lookedAt = now;
    return loaded;
  }

  /** Making a validator takes longer than rendering does: it is kept as long as its template. */
  function validatorOf(key: ParameterSchema, schemas: readonly ParameterSchema[]): Validator {
    const { validators } = load();
    const validator = validators.get(key) ?? createValidator(schemas);
    validators.set(key, validator);
    return validator;
  }

  function find(name: string): LoadedTemplate | undefined {
    for (const result of load().results)
      if (result.kind === "valid" && result.template.name === name) return result.template;
    return undefined;
  }

  const detail = ({ steps: _steps, own: _own, filled: _filled, ...template }: LoadedTemplate) => template;

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
      const schemas = template.sections.map(({ schema }) => schema as unknown as ParameterSchema);
      const [first] = schemas;
      const validator = first ? validatorOf(first, schemas) : createValidator([]);
      return validator(parameters);
    },

    /**
     * Runs the template's code in a restricted process. The same template and values give the same files, sorted by
     * path. Raises `TemplateRenderError`.
     */
    async render(name: string, values: TemplateValues): Promise<RenderedFile[]> {
      const template = find(name);
      if (!template) throw new TemplateRenderError(name, "there is no such template");
      if (Object.keys(template.own.properties).length > 0) {
        checkOwn(template, values, validatorOf(template.own, [template.own]));
      }
      const { parameters, ...known } = values;
      const { owner, description } = values;
      try {
        // It starts while the template is compiled.
        pool.warm();
        const rendered = await pool.render(compileTemplate(template, cache), {
          parameters: { ...parameters, name: values.name, owner, description, ...fill(template, values) },
          // What Turnpike says: neither a person's parameters nor a template's values take its place.
          own: { ...known, template: { name, version: template.version }, parameters },
        });
        return assemble(template.steps, rendered);
      } catch (error) {
        if ([RenderFailedError, TemplateSyntaxError, WorkspaceError].some((known) => error instanceof known)) {
          throw new TemplateRenderError(name, (error as Error).message.replace(/\.$/, ""), { cause: error });
        }
        throw error;
      }
    },

    close: () => pool.close(),
  };
}

/** A template may ask more of a name than Turnpike does. */
function checkOwn({ name: template, own }: LoadedTemplate, values: TemplateValues, check: Validator): void {
  const asked = Object.keys(own.properties).map((key) => [key, values[key as keyof TemplateValues]]);
  const result = check(Object.fromEntries(asked));
  const [problem] = result.kind === "invalid" ? result.problems : [];
  if (problem) {
    throw new TemplateRenderError(template, `${problem.field.slice(1)}: ${problem.message.replace(/\.$/, "")}`);
  }
}

/** What Backstage's pickers would have given. */
function fill({ filled }: LoadedTemplate, { name, owner, repository }: TemplateValues): Record<string, string> {
  const [organisation = "", repo = ""] = repository.split("/");
  const known = {
    name,
    owner: `group:default/${owner}`,
    repository: `github.com?owner=${encodeURIComponent(organisation)}&repo=${encodeURIComponent(repo)}`,
  };
  return Object.fromEntries(filled.map((each) => [each.key, known[each.with]]));
}
