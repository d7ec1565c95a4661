import { cases, verdictOn } from "../../packages/domain/test/oracles.ts";
import { print } from "./figure.ts";

/** `oracles.agree_pct`: of the examples of cfn-lint-serverless's and checkov's rules, those on which ours say the same. */
export async function run(): Promise<void> {
  const agreed = cases.filter((each) => verdictOn(each) === each.label);
  const otherwise = cases
    .filter((each) => !agreed.includes(each))
    .map(({ oracle, because }) => `${oracle}: ${because}`);
  print("oracles.agree_pct", (agreed.length / cases.length) * 100, cases.length, { otherwise });
}
