import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Pillar, rules } from "../src/standards/index.ts";

/** Writes `docs/standards.md`; with `--check` it only says whether the page is current. */
const file = path.resolve(import.meta.dirname, "../../../docs/standards.md");
if (!process.argv.includes("--check")) {
  writeFileSync(file, standardsPage());
} else if (readFileSync(file, "utf8") !== standardsPage()) {
  process.stderr.write("docs/standards.md is stale: run node packages/domain/test/standards-page.ts\n");
  process.exitCode = 1;
}

/** `docs/standards.md` is made from the rules, so that the page says what is checked. */
function standardsPage(): string {
  const names: Record<Pillar, string> = {
    security: "Security",
    reliability: "Reliability",
    performance: "Performance efficiency",
    cost: "Cost optimization",
    operations: "Operational excellence",
    sustainability: "Sustainability",
  };
  const sections = Object.entries(names).flatMap(([pillar, name]) => {
    const own = rules.filter((rule) => rule.pillar === pillar);
    if (own.length === 0) return [];
    const rows = own.map(({ id, title, reason, effect }) => `| ${id} | ${title} | ${reason} | ${effect}s |`);
    return [`## ${name}\n\n| rule | what good looks like | why | |\n|---|---|---|---|\n${rows.join("\n")}`];
  });
  return `# The standards

What each service is judged by, in the words of the six pillars of AWS's Well-Architected Framework. The same code says it
before a service is created (the tab Standards of its preview), in its pipeline before dev (the report \`standards\` of the
action Verify), on its scorecard after each push (the tab Standards of its page, and the page Standards for all), and in
\`npm run template -- test\`. A rule that *blocks* ends the pipeline there; one that *warns* is reported. What reading can't
decide is "not decided", says what a person should look at, and never counts as kept.

A finding whose patch is known offers *Open fix*: a branch and a pull request with every patch of that rule, committed in
the name of whoever asked, who then can't approve its release.

A repository that Turnpike didn't make is judged too, once it is imported (*Standards*, *Import a repository*, or a
document \`repositories/NAME.yaml\` in the platform repository). It is read as \`sam package\` would leave it; what of SAM
isn't read leaves open the rules that it is about.

## What is known against components

OPS-10 compares what lockfiles name with advisories in OSV's format, which an installation keeps in one file and updates
offline: \`npm run advisories -- FILE …\` takes records as JSON, or OSV's own archives for npm, PyPI and Go. Without that
file the rule isn't decided. The pipeline's action Verify keeps a bill of materials (CycloneDX 1.6) of every execution in
the artifact \`Evidence\`, and beside it the provenance of what was built (SLSA 1.0: commit, builder, digest), signed with a key
of the tooling account that only that action may use (\`alias/turnpike-provenance\`).

OPS-8 compares a service's \`openapi.yaml\` with the one at the commit that production runs. What breaks callers blocks,
unless the major version of the whole was raised.

\`standards.yaml\` in the platform repository gives a rule another effect, or waives it for one service, with a reason and a
last day; from the day after, the rule holds again. Pipelines judge by it from their next execution on.

\`\`\`yaml
apiVersion: turnpike.dev/v1
kind: Standards
metadata: { name: standards }
spec:
  effects: { SEC-6: block }
  waivers:
    - rule: OPS-5
      service: orders
      resource: Nightly
      reason: Runs once a night, and a person watches it
      until: 2027-03-31
\`\`\`

${sections.join("\n\n")}

Made from the rules by \`node packages/domain/test/standards-page.ts\`.
`;
}
