import { goldenPaths, platformTemplates } from "../../packages/cloudformation/test/sam/golden-paths.ts";
import { type Case, judge, oracleIsThere } from "../../packages/cloudformation/test/sam/oracle.ts";
import { mixedSet, SEED, wholeSet, wrongSet } from "../../packages/cloudformation/test/sam/sets.ts";

const MIXED_OF_EACH = 300;

/**
 * Compares our expansion of SAM with AWS's translator, which must be installed for python3. Every case that differs is
 * printed. What is refused only here is printed too, and is no failure where the template is meant to be wrong: we refuse
 * by name what SAM lets pass in silence.
 */
export async function run(args: string[]): Promise<boolean> {
  if (!oracleIsThere) {
    console.error("python3 has no aws-sam-translator; nothing was compared.");
    return false;
  }
  const seed = Number(args[0] ?? SEED);
  const sets: [string, Case[], boolean][] = [
    ["our own templates", [...(await goldenPaths()), ...platformTemplates()], false],
    ["each property and each pair", wholeSet(seed), false],
    ["pairs in other variants", wholeSet(seed + 1), false],
    ["many properties at once", mixedSet(seed, MIXED_OF_EACH), false],
    ["wrong templates", wrongSet(), true],
  ];
  let failed = 0;
  for (const [name, cases, mayBeStricter] of sets) {
    const verdicts = await judge(cases);
    const differing = verdicts.filter(({ difference }) => difference !== undefined);
    const wrong = differing.filter(({ difference }) => !mayBeStricter || !difference?.startsWith("refused only here"));
    failed += wrong.length;
    const refused = verdicts.filter(({ isRefused }) => isRefused).length;
    console.log(`${name}: ${cases.length} templates, ${refused} refused by SAM, ${wrong.length} differ`);
    for (const verdict of differing) console.log(`  ${verdict.name}\n    ${verdict.difference}`);
  }
  return failed === 0;
}
