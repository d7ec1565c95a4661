import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
  canonical,
  expandTemplate,
  type Json,
  type JsonObject,
  parseTemplate,
  TemplateError,
  templateBody,
} from "../../src/index.ts";

/** One template for both expansions. */
export interface Case {
  readonly name: string;
  /** YAML or JSON text. */
  readonly text: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What became of a template: what was made of it, or why it was refused. */
type Outcome = { readonly template: JsonObject } | { readonly refused: string };

/** Whether Python is here with AWS's translator, and how it is said when it isn't. */
export const oracleIsThere = spawnSync("python3", ["-c", "import samtranslator"], { stdio: "ignore" }).status === 0;

/** What AWS's translator makes of each case, in one process. */
async function translate(cases: readonly Case[]): Promise<Outcome[]> {
  const script = fileURLToPath(new URL("./translate.py", import.meta.url));
  const python = spawn("python3", [script], { stdio: ["pipe", "pipe", "inherit"] });
  const outcomes: Outcome[] = [];
  const lines = createInterface({ input: python.stdout });
  lines.on("line", (line) => outcomes.push(JSON.parse(line) as Outcome));
  const ended = once(lines, "close");
  for (const { text, parameters } of cases) {
    const template = text.startsWith("{") ? (JSON.parse(text) as Json) : text;
    if (!python.stdin.write(`${JSON.stringify({ template, parameters })}\n`)) await once(python.stdin, "drain");
  }
  python.stdin.end();
  await ended;
  if (outcomes.length !== cases.length) {
    throw new Error(`The translator answered ${outcomes.length} of ${cases.length} templates.`);
  }
  return outcomes;
}

/** What this package makes of a case. */
function expand({ text, parameters }: Case): Outcome {
  try {
    const values = new Map(Object.entries(parameters));
    return { template: templateBody(expandTemplate(parseTemplate(text), values, { region: "eu-west-1" })) };
  } catch (error) {
    if (error instanceof TemplateError) return { refused: error.message };
    throw error;
  }
}

/**
 * Why two outcomes aren't the same; undefined when they are. Compared are resources, conditions and outputs with all
 * that is in them, logical ids with their hashes included. Not compared: the order of keys, of an API's tags, and of
 * the functions' conditions that the translator takes from a set; and whether no properties are written as `{}`.
 */
function difference(ours: Outcome, theirs: Outcome): string | undefined {
  if ("refused" in theirs) return "refused" in ours ? undefined : `SAM refuses it: ${theirs.refused}`;
  if ("refused" in ours) return `refused only here: ${ours.refused}`;
  const [own, other] = [comparable(ours.template), comparable(theirs.template)];
  return firstDifference(own, other, "");
}

function comparable({ Resources, Outputs = {}, Conditions = {} }: JsonObject): Json {
  return JSON.parse(JSON.stringify({ Resources, Outputs, Conditions }), (key, value) => {
    if (key === "Properties" && Object.keys(value).length === 0) return undefined;
    if (key === "DependsOn" && typeof value === "string") return [value];
    if (key === "tags" && Array.isArray(value)) return [...value].sort((a, b) => (a.name < b.name ? -1 : 1));
    if (key === "Fn::Or" && Array.isArray(value)) return value.map(canonical).sort();
    return value;
  }) as Json;
}

function firstDifference(own: Json | undefined, other: Json | undefined, path: string): string | undefined {
  if (canonical(own) === canonical(other) && (own === undefined) === (other === undefined)) return undefined;
  if (typeof own === "object" && own !== null && typeof other === "object" && other !== null) {
    const [a, b] = [own as JsonObject, other as JsonObject];
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const found = firstDifference(a[key], b[key], `${path}/${key}`);
      if (found) return found;
    }
  }
  return `${path}: ${JSON.stringify(own)} here, ${JSON.stringify(other)} in SAM`;
}

export interface Verdict {
  readonly name: string;
  /** Why it differs, if it does. */
  readonly difference: string | undefined;
  readonly isRefused: boolean;
}

/** Expands every case in both ways. */
export async function judge(cases: readonly Case[]): Promise<Verdict[]> {
  const theirs = await translate(cases);
  return cases.map((given, index) => {
    const other = theirs[index] ?? { refused: "no answer" };
    return { name: given.name, difference: difference(expand(given), other), isRefused: "refused" in other };
  });
}
