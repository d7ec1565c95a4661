import type { RuleResult } from "@turnpike/domain/standards";

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** What XML 1.0 has no place for, not even escaped. */
const UNPRINTABLE = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

const escaped = (text: string) => text.replace(UNPRINTABLE, " ").replace(/[&<>"]/g, (each) => entities[each] ?? each);

/** One line for each thing to look at: `template.yaml:12 Anyone may call GET / of Api. Fix: …` */
export function linesOf({ look, findings }: RuleResult): string[] {
  const found = findings.map(({ file, line, message, fix, waiver, expired }) => {
    const ended = expired && !waiver ? ` A waiver for it ended on ${expired.until}.` : "";
    const waived = waiver ? ` Waived until ${waiver.until}: ${waiver.reason}` : "";
    return `${file}:${line} ${message}${fix ? ` Fix: ${fix.summary}.` : ""}${waived}${ended}`;
  });
  return look === undefined ? found : [look, ...found];
}

/**
 * The results as a JUnit report, which CodeBuild shows: a rule that blocks has failed, one that warns, is waived or isn't
 * decided was skipped and says why, one that doesn't apply is left out.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/test-reporting.html
 */
export function junitOf(results: readonly RuleResult[]): string {
  const cases = results
    .filter(({ outcome }) => outcome !== "not-applicable")
    .map((result) => {
      const { rule, outcome } = result;
      const head = `<testcase name="${escaped(`${rule.id} ${rule.title}`)}" classname="${rule.pillar}" time="0"`;
      if (outcome === "pass") return `${head}/>`;
      const text = escaped([...linesOf(result), rule.reason].join("\n"));
      if (outcome === "block") return `${head}><failure message="${escaped(rule.title)}">${text}</failure></testcase>`;
      return `${head}><skipped message="${outcome}: ${text}"/></testcase>`;
    });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites><testsuite name="standards" tests="${cases.length}">\n${cases.join("\n")}\n</testsuite></testsuites>\n`;
}
