import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";

export const VERSION = "turnpike.dev/version";

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
    // Backstage also takes one section that is no list.
    parameters: z.preprocess(
      (value) => (Array.isArray(value) || value === undefined ? value : [value]),
      z.array(section).default([]),
    ),
    steps: z
      .array(
        z.looseObject({
          id: z.string().optional(),
          name: z.string().optional(),
          action: z.string(),
          input: z.record(z.string(), z.unknown()).default({}),
        }),
      )
      .min(1),
  }),
});

/** What `fetch:template` takes here. Any other input of Backstage's is refused by name, never passed over in silence. */
export const fetchInput = z.strictObject({
  url: z.string().regex(/^\.\//, "must be a folder below the template's own, such as ./skeleton"),
  targetPath: z.string().default("."),
  values: z.record(z.string(), z.json()).default({}),
  copyWithoutTemplating: z.array(z.string()).default([]),
  /** Only files that end so are templates; the ending is taken off. */
  templateFileExtension: z
    .union([z.boolean(), z.string().startsWith(".")])
    .transform((value) => (value === true ? ".njk" : value || undefined))
    .optional(),
  trimBlocks: z.boolean().default(false),
  lstripBlocks: z.boolean().default(false),
});

type TemplateDocument = z.infer<typeof document>;
export type Section = z.infer<typeof section>;
export type FetchInput = z.infer<typeof fetchInput>;

type Path = readonly PropertyKey[];

export interface ParsedDocument {
  /** Undefined when there are problems. */
  readonly document: TemplateDocument | undefined;
  readonly problems: readonly string[];
  /** `template.yaml:12`, the place of a node, or of the nearest one above it that is there. */
  readonly at: (path: Path) => string;
}

/** Reads the text of a `template.yaml`. Aliases are refused: a few lines of them can stand for gigabytes. */
export function parseTemplateDocument(text: string): ParsedDocument {
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines });
  const line = (offset: number | undefined) => `template.yaml:${offset === undefined ? 1 : lines.linePos(offset).line}`;
  const at = (path: Path): string => {
    const node = yaml.getIn(path, true) as { range?: [number, number, number] } | undefined;
    return node?.range || path.length === 0 ? line(node?.range?.[0]) : at(path.slice(0, -1));
  };
  const failed = (problems: string[]) => ({ document: undefined, problems, at });
  if (yaml.errors.length > 0) {
    return failed(yaml.errors.map((error) => `${line(error.pos[0])} ${error.message.split("\n", 1)[0]}`));
  }
  let value: unknown;
  try {
    value = yaml.toJS({ maxAliasCount: 0 });
  } catch (error) {
    return failed([`${line(undefined)} ${error instanceof Error ? error.message : error}`]);
  }
  const parsed = document.safeParse(value);
  if (parsed.success) return { document: parsed.data, problems: [], at };
  return failed(parsed.error.issues.map(({ path, message }) => `${at(path)} ${path.join(".")}: ${message}`));
}
