import { pathOfUnplainText } from "@turnpike/kernel";
import { LineCounter, parseDocument as parseYaml } from "yaml";
import type { z } from "zod";
import {
  type AnyDocument,
  accountDocument,
  platformDocument,
  releaseDocument,
  releasePath,
  repositoryDocument,
  serviceDocument,
  standardsDocument,
  teamDocument,
} from "./documents.ts";

/** What is wrong with a document, in words for whoever wrote it. */
export interface DocumentProblem {
  readonly path: string;
  /** Counted from 1; undefined when the whole document is meant. */
  readonly line: number | undefined;
  readonly message: string;
}

const schemas: readonly { folder: RegExp; schema: z.ZodType<AnyDocument> }[] = [
  { folder: /^platform\.yaml$/, schema: platformDocument },
  { folder: /^standards\.yaml$/, schema: standardsDocument },
  { folder: /^teams\/([^/]+)\.yaml$/, schema: teamDocument },
  { folder: /^accounts\/([^/]+)\.yaml$/, schema: accountDocument },
  { folder: /^services\/([^/]+)\.yaml$/, schema: serviceDocument },
  { folder: /^repositories\/([^/]+)\.yaml$/, schema: repositoryDocument },
  { folder: /^releases\/([^/]+\/[^/]+)\.yaml$/, schema: releaseDocument },
];

/** Whether Turnpike reads this path at all; anything else in the repository is somebody's own business. */
export function isDocumentPath(path: string): boolean {
  return schemas.some(({ folder }) => folder.test(path));
}

/**
 * Reads one document of the platform repository. The name inside must be the file's: two places that say who a
 * document is about would one day disagree.
 */
export function parseDocument(
  path: string,
  text: string,
): { kind: "valid"; document: AnyDocument } | { kind: "invalid"; problems: DocumentProblem[] } {
  const match = schemas.find(({ folder }) => folder.test(path));
  if (!match)
    return { kind: "invalid", problems: [{ path, line: undefined, message: "Turnpike reads no such path." }] };
  const lines = new LineCounter();
  const yaml = parseYaml(text, { lineCounter: lines, uniqueKeys: true });
  const lineAt = (offset: number | undefined) => (offset === undefined ? undefined : lines.linePos(offset).line);
  if (yaml.errors.length > 0) {
    return {
      kind: "invalid",
      problems: yaml.errors.map((error) => ({
        path,
        line: lineAt(error.pos[0]),
        message: (error.message.split("\n", 1)[0] ?? error.message).replaceAll("\0", " ").toWellFormed(),
      })),
    };
  }
  let value: unknown;
  try {
    value = yaml.toJS({ maxAliasCount: 0 });
  } catch {
    // An alias could make a small document enormous, so none is read.
    return {
      kind: "invalid",
      problems: [{ path, line: undefined, message: "YAML aliases (*name) are not read. Write the value out." }],
    };
  }
  const unstorable = pathOfUnplainText(value);
  if (unstorable) {
    const message = `${unstorable.join(".") || "document"}: This text holds a character that is none (NUL, or half of a pair).`;
    return { kind: "invalid", problems: [{ path, line: lineOf(yaml, unstorable, lineAt), message }] };
  }
  const parsed = match.schema.safeParse(value);
  if (!parsed.success) {
    return {
      kind: "invalid",
      problems: parsed.error.issues.map((issue) => ({
        path,
        line: lineOf(yaml, issue.path, lineAt),
        message: `${issue.path.join(".") || "document"}: ${issue.message}`,
      })),
    };
  }
  const expected = (match.folder.exec(path)?.[1] ?? parsed.data.metadata.name).replace("/", "-");
  if (parsed.data.metadata.name !== expected) {
    const message = `metadata.name is ${parsed.data.metadata.name}, and the file's name says ${expected}.`;
    return { kind: "invalid", problems: [{ path, line: lineOf(yaml, ["metadata", "name"], lineAt), message }] };
  }
  const { data } = parsed;
  if (data.kind === "Release" && path !== releasePath(data.spec)) {
    const message = `It speaks of ${data.spec.service} in ${data.spec.environment}, and the file's path doesn't.`;
    return { kind: "invalid", problems: [{ path, line: lineOf(yaml, ["spec", "service"], lineAt), message }] };
  }
  return { kind: "valid", document: data };
}

/** Line of the value at `path`, or of the nearest value above it that is there. */
function lineOf(
  yaml: ReturnType<typeof parseYaml>,
  path: readonly PropertyKey[],
  lineAt: (offset: number | undefined) => number | undefined,
): number | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const node = yaml.getIn(path.slice(0, depth), true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return lineAt(node.range[0]);
  }
  return lineAt(0);
}
