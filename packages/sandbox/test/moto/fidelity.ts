import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { JUDGED } from "./judged.ts";

/** Writes `docs/fidelity.md`; with `--check` it only says whether the page is current. */
const file = path.resolve(import.meta.dirname, "../../../../docs/fidelity.md");
if (!process.argv.includes("--check")) {
  writeFileSync(file, fidelityPage());
} else if (readFileSync(file, "utf8") !== fidelityPage()) {
  process.stderr.write("docs/fidelity.md is stale: run node packages/sandbox/test/moto/fidelity.ts\n");
  process.exitCode = 1;
}

/** `docs/fidelity.md` is made from the rows, so that no difference is judged in two places. */
function fidelityPage(): string {
  const sides = { sandbox: "the sandbox", moto: "moto: a gap of the sandbox" };
  const rows = JUDGED.map(({ scenario, operation, sandbox, moto, judge, source }) => {
    const what = operation ? `${scenario} ${operation}` : scenario;
    return `| ${what} | ${sandbox} | ${moto} | ${sides[judge]} | [source](${source}) |`;
  });
  return `# Where the sandbox and moto differ

\`npm run bench -- moto\` sends the same calls, in the same order, to the sandbox and to
[moto](https://github.com/getmoto/moto), an imitation of AWS that shares nothing with it. Ids and times are masked; every
other difference is one of these rows, with AWS's documentation as the judge. A row holds for the very texts that it was
written for: a difference that no row knows counts against the sandbox, and it or a row that nothing matched fails the
run. Made by \`node packages/sandbox/test/moto/fidelity.ts\`.

| call | the sandbox | moto | AWS's documentation is with | |
|---|---|---|---|---|
${rows.join("\n")}
`;
}
