import { intrinsicOf } from "@turnpike/cloudformation";
import { branchesOf, textOf } from "../branches.ts";
import { type Found, type Rule, verdictOf } from "../rule.ts";
import type { Item } from "../subject.ts";

/**
 * Runtimes that AWS has deprecated, or whose end it has announced for 2026, as of 2026-11-24.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
 */
const ENDING =
  /^(nodejs(4\.3(-edge)?|6\.10|8\.10|1\d\.x|20\.x)?|python(2\.7|3\.([6-9]|10|11))|java(8(\.al2)?|11|17)|dotnet(core[\d.]+|[5-8])|go1\.x|ruby(2\.\d|3\.2)|provided(\.al2)?)$/;

/** What comes after, by the letters that a runtime begins with. */
const NEWEST: Readonly<Record<string, string>> = {
  nodejs: "nodejs24.x",
  python: "python3.14",
  java: "java25",
  ruby: "ruby3.4",
  go: "provided.al2023",
  provided: "provided.al2023",
};

function judge({ id, properties, path, source }: Item): Found {
  return branchesOf(properties.Runtime).flatMap(({ value }): Found => {
    if (value === undefined) return [];
    if (intrinsicOf(value))
      return [{ look: `That the runtime of ${source.id} is a current one: a parameter names it.` }];
    const runtime = textOf(value) ?? "";
    if (!ENDING.test(runtime)) return [];
    const newest = NEWEST[/^[a-z]+/.exec(runtime)?.[0] ?? ""];
    const isGlobal = source.properties.Runtime === undefined && source.type !== "AWS::Lambda::Function";
    const edits = newest ? [{ path: [...source.path, "Runtime"], value: newest }] : [];
    const fix = newest && !isGlobal ? { summary: `Move to ${newest}, and run its tests`, edits } : undefined;
    const message = `The runtime of ${source.id}, ${runtime}, is deprecated or soon will be.`;
    return [{ resource: id, at: [...path, "Runtime"], message, ...(fix && { fix }) }];
  });
}

/**
 * Its part in the template. How large a package is, and how long it takes to start, is measured where it is built and where
 * it runs; the architecture is SUS-1's matter.
 */
export const currentRuntime: Rule = {
  id: "PERF-4",
  pillar: "performance",
  title: "Functions run on a current runtime",
  reason:
    "A deprecated runtime gets no more patches, and one day no update of the function is possible. The newest of a language is as a rule also its fastest to start.",
  effect: "warn",
  check(subject) {
    const functions = subject
      .items("AWS::Lambda::Function")
      .filter(({ properties }) => properties.Runtime !== undefined);
    return verdictOf(functions, judge);
  },
};
