import { goldenPaths, platformTemplates } from "../../packages/cloudformation/test/sam/golden-paths.ts";
import { judge, oracleIsThere, type Verdict } from "../../packages/cloudformation/test/sam/oracle.ts";
import { wholeSet, wrongSet } from "../../packages/cloudformation/test/sam/sets.ts";
import { print } from "./figure.ts";

const SHOWN = 20;

/**
 * `sam.identical_pct`: of our golden paths, our own templates and the generated set, what our expansion of SAM makes just as AWS's own
 * translator does. `sam.refused_pct`: of templates that the translator refuses, how many are refused here.
 */
export async function run(): Promise<void> {
  if (!oracleIsThere) {
    console.log("sam: skipped: python3 has no aws-sam-translator.");
    return;
  }
  const own = [...(await goldenPaths()), ...platformTemplates()];
  report("sam.identical_pct", await judge([...own, ...wholeSet()]), { own: own.length });

  const wrong = (await judge(wrongSet())).filter(({ isRefused }) => isRefused);
  report("sam.refused_pct", wrong, {});
}

function report(figure: string, verdicts: readonly Verdict[], further: Record<string, unknown>): void {
  const differing = verdicts.filter(({ difference }) => difference !== undefined);
  const share = (100 * (verdicts.length - differing.length)) / verdicts.length;
  const names = differing.slice(0, SHOWN).map(({ name, difference }) => `${name}: ${difference}`);
  print(figure, share, verdicts.length, { ...further, differing: names });
}
