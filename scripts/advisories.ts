/**
 * `npm run advisories -- [--home DIR] FILE …`: makes what is known against components the content of these files: OSV
 * records as JSON, one or a list, or OSV's own archives, such as https://storage.googleapis.com/osv-vulnerabilities/npm/all.zip
 * and those of PyPI and Go. Replaces what was known before, whole or not at all.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { type Advisory, advisory } from "@turnpike/domain/standards";
import { strFromU8, unzipSync } from "fflate";
import { z } from "zod";

const { values, positionals } = parseArgs({ options: { home: { type: "string" } }, allowPositionals: true });
if (positionals.length === 0) {
  console.error("npm run advisories -- [--home DIR] FILE …");
  process.exit(2);
}

const ECOSYSTEMS = new Set(["npm", "PyPI", "Go"]);
const records = z.union([z.array(advisory), advisory.transform((one) => [one])]);

/** Every record of a file; raises an `Error` that names the file, and the entry of an archive. */
function recordsOf(file: string): Advisory[] {
  const bytes = readFileSync(file);
  const isArchive = bytes.subarray(0, 2).toString() === "PK";
  const texts = isArchive
    ? Object.entries(unzipSync(bytes)).map(([name, content]) => [`${file}: ${name}`, strFromU8(content)] as const)
    : [[file, bytes.toString("utf8")] as const];
  return texts.flatMap(([name, text]) => {
    try {
      return records.parse(JSON.parse(text));
    } catch (error) {
      const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
      throw new Error(`${name} holds no OSV records: ${why}\nNothing was changed.`, { cause: error });
    }
  });
}

try {
  const known = new Map<string, Advisory>();
  for (const record of positionals.flatMap(recordsOf)) {
    const affected = record.affected.filter(({ package: { ecosystem } }) => ECOSYSTEMS.has(ecosystem));
    if (record.withdrawn === undefined && affected.length > 0) known.set(record.id, { ...record, affected });
  }
  const target = path.join(path.resolve(values.home ?? ".turnpike"), "advisories.json");
  mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
  const text = JSON.stringify([...known.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
  writeFileSync(`${target}.new`, text);
  renameSync(`${target}.new`, target);
  console.log(`${known.size} advisories for npm, PyPI and Go are in ${target}.`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
