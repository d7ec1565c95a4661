/**
 * `npm run template -- test DIR [NAME=VALUE …]`: a template's dry run. It is rendered with the given parameters (JSON
 * where a value parses as such), judged by every rule, built, tested and deployed twice in a cloud of its own. Ends with
 * status 1 when anything on that road fails.
 */
import path from "node:path";
import { dryRun } from "./dry-run/dry-run.ts";

const [command, directory, ...given] = process.argv.slice(2);
if (command !== "test" || !directory) {
  console.error("npm run template -- test DIR [NAME=VALUE …]");
  process.exit(2);
}

const parameters = Object.fromEntries(
  given.map((each) => {
    const [name = "", ...value] = each.split("=");
    return [name, parameterValue(value.join("="))];
  }),
);

function parameterValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const report = await dryRun({
  directory: path.resolve(directory),
  parameters,
  onFiles(files) {
    console.log(`Rendered ${files.length} files`);
    for (const { path: name, content } of files) console.log(`  ${name} (${content.length} bytes)`);
  },
  onStandards(broken) {
    console.log(broken.length === 0 ? "\nEvery rule that applies is kept" : "\nStandards");
    for (const { rule, outcome, look, findings } of broken) {
      console.log(`  ${rule.id} ${outcome}: ${look ?? rule.title}`);
      for (const { file, line, message } of findings) console.log(`    ${file}:${line} ${message}`);
    }
  },
  onAction(release, { name, status, seconds, reason }) {
    console.log(`Release ${release}: ${name} ${status} (${seconds.toFixed(1)} s)`);
    for (const line of reason) console.log(`    ${line}`);
  },
});
console.log(
  report.passed ? "\nThe template goes down the whole road." : "\nThe template doesn't go down the whole road.",
);
process.exitCode = report.passed ? 0 : 1;
