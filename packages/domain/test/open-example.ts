import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { openSubject, type Subject } from "../src/standards/index.ts";

/** The rules' examples, by rule: `SEC-5/fail.yaml`. */
export const EXAMPLES = path.resolve(import.meta.dirname, "standards");

/**
 * Opens an example: a template, or a folder that is a repository with a `template.yaml`.
 *
 * @param name `SEC-5/fail.yaml`
 * @param edited in the place of the template's text
 */
export function openExample(name: string, edited?: string): Subject {
  const file = "template.yaml";
  const place = path.join(EXAMPLES, name);
  if (!statSync(place).isDirectory()) return openSubject({ file, text: edited ?? readFileSync(place, "utf8") });
  const entries = readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = new Map(
    entries.map((entry) => {
      const whole = path.join(entry.parentPath, entry.name);
      return [path.relative(place, whole), readFileSync(whole, "utf8")];
    }),
  );
  const text = edited ?? files.get(file) ?? "";
  return openSubject({ file, text, files: files.set(file, text) });
}
