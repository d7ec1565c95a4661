import { type Configuration, configurationsIn } from "../configured-values.ts";
import type { Rule, Violation } from "../rule.ts";
import type { Subject } from "../subject.ts";

const SOURCE = /^src\/.+\.(ts|tsx|js|mjs|cjs|py|go|java|cs|rb|rs)$/;

/** What belongs to one account or region, and so into the configuration. */
const places: readonly (readonly [string, RegExp])[] = [
  ["an ARN", /\barn:aws[a-z-]*:[a-z0-9-]+:[^\s"'`]*/],
  ["an AWS hostname", /\b[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?\b/],
  [
    "a region",
    /\b(af|ap|ca|cn|eu|il|me|mx|sa|us)-(gov-)?(central|north|south|east|west|northeast|northwest|southeast|southwest)-[1-9]\b/,
  ],
  ["an account id", /(?<![\w.-])\d{12}(?![\w.-])/],
];

function inSource(files: ReadonlyMap<string, string>): Violation[] {
  return [...files]
    .filter(([file]) => SOURCE.test(file))
    .flatMap(([file, text]) =>
      text.split("\n").flatMap((line, index) => {
        const found = places
          .map(([what, pattern]) => [what, pattern.exec(line)?.[0]] as const)
          .find(([, match]) => match);
        if (!found) return [];
        return [{ at: { file, line: index + 1 }, message: `The code names ${found[0]}: ${found[1]}.` }];
      }),
    );
}

/** Each environment's configuration says something of the same parameters. */
function inConfiguration(configurations: readonly Configuration[]): Violation[] {
  const all = new Set(configurations.flatMap(({ parameters }) => Object.keys(parameters ?? {})));
  return configurations.flatMap(({ file, parameters }) => {
    if (!parameters) return [{ at: { file, line: 1 }, message: `${file} gives no Parameters.` }];
    const missing = [...all].filter((key) => !Object.hasOwn(parameters, key));
    if (missing.length === 0) return [];
    const message = `${file} says nothing of ${missing.join(", ")}, which another environment configures.`;
    return [{ at: { file, line: 1 }, message }];
  });
}

function violationsIn(files: ReadonlyMap<string, string>, { written }: Subject): Violation[] {
  const configurations = configurationsIn(files);
  const found = [...inSource(files), ...inConfiguration(configurations)];
  if (configurations.length > 0) return found;
  const message = "There is no config/<environment>.json: what differs between environments has no place.";
  return [...found, { at: { file: written.file, line: 1 }, message }];
}

/** https://12factor.net/config */
export const configuration: Rule = {
  id: "OPS-9",
  pillar: "operations",
  title: "Code and configuration are apart",
  reason:
    "Code that names an account, a region or an address is another code in each environment, so that what was tested isn't what runs. With the same keys in every environment, a missing value is seen before it is missed.",
  effect: "block",
  check(subject) {
    const { files } = subject;
    if (!files)
      return {
        kind: "not-decided",
        look: "Whether the code names accounts, regions or addresses: only the template is known.",
      };
    const violations = violationsIn(files, subject);
    return violations.length === 0 ? { kind: "pass" } : { kind: "fail", violations };
  },
};
