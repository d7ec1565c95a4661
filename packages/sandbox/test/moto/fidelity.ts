import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fidelityPage } from "./judged.ts";

/** Writes `docs/fidelity.md`; with `--check` it only says whether the page is current. */
const file = path.resolve(import.meta.dirname, "../../../../docs/fidelity.md");
if (!process.argv.includes("--check")) {
  writeFileSync(file, fidelityPage());
} else if (readFileSync(file, "utf8") !== fidelityPage()) {
  process.stderr.write("docs/fidelity.md is stale: run node packages/sandbox/test/moto/fidelity.ts\n");
  process.exitCode = 1;
}
