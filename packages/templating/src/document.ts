import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";

export const VERSION = "turnpike.dev/version";

const section = z.looseObject({
  title: z.string(),
  description: z.string().optional(),
  properties: z.record(
    z.string(),
    z.looseObject({ type: z.enum(["string", "number", "integer", "boolean", "array", "object"]).optional() }),
  ),
  required: z.array(z.string()).optional(),
});

const document = z.object({
  apiVersion: z.literal("scaffolder.backstage.io/v1beta3", {
    error: ({ input }) => `${JSON.stringify(input)} isn't supported: scaffolder.backstage.io/v1beta3 is.`,
  }),
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
          if: z.union([z.string(), z.boolean()]).optional(),
          each: z.union([z.string(), z.array(z.json()), z.record(z.string(), z.json())]).optional(),
          input: z.record(z.string(), z.unknown()).default({}),
        }),
      )
      .min(1),
  }),
});

export type TemplateDocument = z.infer<typeof document>;
export type Section = z.infer<typeof section>;

type Path = readonly PropertyKey[];

export interface ParsedDocument {
  /** Undefined when there are problems. */
  readonly document: TemplateDocument | undefined;
  readonly problems: readonly string[];
  /** `template.yaml:12`, the place of a node, or of the nearest one above it that is there. */
  readonly at: (path: Path) => string;
}

const MAX_BYTES = 1024 * 1024;

/** Reads the text of a `template.yaml`. Aliases are refused: a few lines of them can stand for gigabytes. */
export function parseTemplateDocument(text: string): ParsedDocument {
  const failed = (problems: string[], at: ParsedDocument["at"] = () => "template.yaml:1") => ({
    document: undefined,
    problems,
    at,
  });
  if (text.length > MAX_BYTES) return failed([`template.yaml:1 It is larger than ${MAX_BYTES / 1024 / 1024} MB.`]);
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines });
  const line = (offset: number | undefined) => `template.yaml:${offset === undefined ? 1 : lines.linePos(offset).line}`;
  const at = (path: Path): string => {
    const node = yaml.getIn(path, true) as { range?: [number, number, number] } | undefined;
    return node?.range || path.length === 0 ? line(node?.range?.[0]) : at(path.slice(0, -1));
  };
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
  return failed(
    parsed.error.issues.map(({ path, message }) => `${at(path)} ${path.join(".")}: ${message}`),
    at,
  );
}
