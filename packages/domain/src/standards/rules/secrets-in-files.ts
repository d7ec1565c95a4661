import type { Violation } from "../rule.ts";
import { isSecretValue, secretForm } from "./secret-text.ts";

const NOT_OURS = /(^|\/)(node_modules|vendor|dist|\.git)\/|(-lock\.(json|yaml)|\.lock|\.sum|\.min\.js|\.map)$/;
const FOR_TESTS = /(^|\/)(tests?|__tests__|spec|fixtures|testdata|examples?)\/|\.(test|spec)\.\w+$|_test\.\w+$/;
const CONFIGURATION = /(^|\/)config\/|(^|\/)\.env|\.(env|properties|toml|ini)$/;
const SOURCE = /\.([cm]?[jt]sx?|py|go|java|kt|cs|rb|rs|sh)$/;

/** `password: "…"`, `"password": "…"`, `const password = '…'` */
const QUOTED = /(?<![\w.-])["']?([A-Za-z_][\w.-]{1,60})["']?\s{0,3}[:=]\s{0,3}(["'`])([^"'`]{1,200})\2/g;
/** `PASSWORD=…`, `password: …` */
const BARE = /^\s{0,40}(?:export )?([A-Za-z_][\w.-]{1,60})\s{0,3}[:=]\s{0,3}([^\s"'`#]{1,200})\s*$/;

/** In a longer line, which no hand wrote, names and values aren't told apart. */
const MAX_LINE = 2_000;

function problemOf(file: string, line: string): string | undefined {
  const form = secretForm(line);
  if (form) return `${form} stands in ${file}`;
  if (line.length > MAX_LINE || file.endsWith(".md") || FOR_TESTS.test(file)) return undefined;
  const isConfiguration = CONFIGURATION.test(file);
  if (!isConfiguration && !SOURCE.test(file)) return undefined;
  if (/\{\{resolve:(secretsmanager|ssm-secure):/.test(line)) {
    return `a secret is resolved in ${file}, and stands in plain text where it is deployed`;
  }
  const pairs = [...line.matchAll(QUOTED)].map(([, name = "", , value = ""]) => [name, value] as const);
  const [, bareName, bareValue] = (isConfiguration ? BARE.exec(line) : undefined) ?? [];
  if (bareName !== undefined && bareValue !== undefined) pairs.push([bareName, bareValue]);
  const found = pairs.find(([name, value]) => isSecretValue(name, value));
  return found && `the value of ${found[0]} stands in ${file}`;
}

/** Secrets in a repository's files, line by line. What is generated, fetched or locked is left out. */
export function secretsInFiles(files: ReadonlyMap<string, string>): Violation[] {
  return [...files].flatMap(([file, text]) => {
    if (NOT_OURS.test(file)) return [];
    return text.split("\n").flatMap((line, index): Violation[] => {
      const problem = problemOf(file, line);
      if (!problem) return [];
      const message = `${problem.charAt(0).toUpperCase()}${problem.slice(1)}.`;
      return [{ at: { file, line: index + 1 }, message }];
    });
  });
}
