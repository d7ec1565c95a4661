import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { type Advisory, indexAdvisories, openSubject, type Subject } from "../src/standards/index.ts";

/** The rules' examples, by rule: `SEC-5/fail.yaml`. */
export const EXAMPLES = path.resolve(import.meta.dirname, "standards");

/**
 * Opens an example: a template, or a folder that is a repository with a `template.yaml`. What is known of its delivery,
 * where anything is, stands in a `delivery.json` that isn't part of the repository.
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
  const known = deliveryOf(files.get("delivery.json"));
  files.delete("delivery.json");
  return openSubject({ file, text, files: files.set(file, text), ...(known && { delivery: known }) });
}

interface Written {
  readonly byTurnpike?: boolean;
  readonly served?: string | null;
  readonly advisories?: readonly Advisory[];
}

function deliveryOf(text: string | undefined): Subject["delivery"] {
  if (text === undefined) return undefined;
  const { byTurnpike = true, served, advisories } = JSON.parse(text) as Written;
  return { byTurnpike, served, advisories: advisories && indexAdvisories(advisories) };
}
