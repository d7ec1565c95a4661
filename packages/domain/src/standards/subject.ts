import { expandTemplate, type JsonObject, type Path, parseTemplate, type Template } from "@turnpike/cloudformation";
import { asPackaged, expandReadable, type Unread } from "./as-packaged.ts";
import type { AdvisoryIndex } from "./supply/advisories.ts";

/** A resource of the expanded template, and where it comes from. */
export interface Item {
  readonly id: string;
  readonly type: string;
  readonly properties: JsonObject;
  readonly updatePolicy: JsonObject | undefined;
  /** Of its properties. */
  readonly path: Path;
  /** What was written that it comes from: itself, or what the serverless transform made it of. */
  readonly source: { readonly id: string; readonly type: string; readonly properties: JsonObject; readonly path: Path };
}

/** How a repository is released, as far as Turnpike knows. */
export interface Delivery {
  /** By a pipeline of Turnpike's: changes are seen before they are made, and what was built once goes to every account. */
  readonly byTurnpike: boolean;
  /** The contract that production serves; null: it serves none; undefined: it isn't known. */
  readonly served: string | null | undefined;
  /** What is known against components; undefined where this installation has no advisories. */
  readonly advisories: AdvisoryIndex | undefined;
}

/** What is judged: a service's template, and, where they are known, the other files of its repository. */
export interface Subject {
  readonly written: Template;
  readonly expanded: Template;
  /** Of the template as it was written. */
  readonly text: string;
  /** By path; undefined where only a template is known. */
  readonly files: ReadonlyMap<string, string> | undefined;
  /** What of SAM isn't read. */
  readonly unread: readonly Unread[];
  /** Undefined where nothing is known of how it is released. */
  readonly delivery: Delivery | undefined;
  /** The resources of the expanded template, of one type or of all. */
  items(type?: string): readonly Item[];
}

export interface SubjectInput {
  /** `template.yaml` */
  readonly file: string;
  readonly text: string;
  /** Values of the template's parameters that have no default. */
  readonly parameters?: ReadonlyMap<string, string>;
  readonly files?: ReadonlyMap<string, string>;
  readonly delivery?: Delivery;
}

/** Reads what is to be judged. Raises `TemplateError` for a template that couldn't be deployed at all. */
export function openSubject({ file, text, parameters = new Map(), files, delivery }: SubjectInput): Subject {
  const written = parseTemplate(text, { file });
  // What somebody else releases, they package first.
  const read = delivery?.byTurnpike === false ? asPackaged(written, files) : undefined;
  const values = withStandIns(written, parameters);
  const expanded = read ? expandReadable(read.template, values, read.unread) : expandTemplate(written, values);
  const all = [...expanded.resources].map(([id, resource]): Item => {
    const sourceId = expanded.originOf(id);
    const source = written.resources.get(sourceId) ?? resource;
    return {
      id,
      type: resource.type,
      properties: resource.properties,
      updatePolicy: resource.updatePolicy,
      path: ["Resources", id, "Properties"],
      source: {
        id: sourceId,
        type: source.type,
        properties: source.properties,
        path: ["Resources", sourceId, "Properties"],
      },
    };
  });
  return {
    written,
    expanded,
    text,
    files,
    delivery,
    unread: read?.unread ?? [],
    items: (type) => (type === undefined ? all : all.filter((item) => item.type === type)),
  };
}

/** A parameter that nobody gave a value stands for itself: the rules read what refers to it, not what it is. */
function withStandIns(template: Template, given: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const values = new Map(given);
  for (const [name, parameter] of template.parameters) {
    if (values.has(name) || parameter.defaultValue !== undefined) continue;
    const number = String(parameter.minValue ?? 1);
    values.set(name, parameter.allowedValues?.[0] ?? (parameter.type === "Number" ? number : name));
  }
  return values;
}
