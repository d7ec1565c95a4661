import type { Json } from "../../src/index.ts";
import { caseOf, type Group, resource, within } from "./generate.ts";
import type { Case } from "./oracle.ts";

/** What stands in a property's place that may be wrong there: each kind of value, empty and not, and functions. */
const VALUES: readonly Json[] = [
  "text",
  "",
  7,
  0,
  true,
  false,
  [],
  ["text"],
  [7],
  {},
  { A: 1, B: 2 },
  { A: { B: "c" }, D: { E: "f" } },
  { Ref: "Stage" },
  { "Fn::GetAtt": ["Queue", "Arn"] },
  { "Fn::If": ["Yes", "a", { Ref: "AWS::NoValue" }] },
];

/** Each property of a group with each of those values, without the property, and with one that nobody knows. */
export function wrongCases(group: Group): Case[] {
  const cases: Case[] = [];
  const places = new Map(
    group.features.flatMap(({ place }) => (place ? [[JSON.stringify(place), place] as const] : [])),
  );
  for (const { id, path } of places.values()) {
    const last = path.at(-1) ?? "";
    for (const value of VALUES) {
      const name = `${group.name}: ${path.join(".")} = ${JSON.stringify(value)}`;
      const set = (sketch: Parameters<Group["base"]>[0]) => {
        within(resource(sketch, id), "Properties", ...path.slice(0, -1))[last] = structuredClone(value);
      };
      cases.push(caseOf(name, [group.base, set]));
    }
  }
  const bare = caseOf(`${group.name}: without properties`, [
    group.base,
    (sketch) => {
      for (const own of Object.values(sketch.Resources)) {
        if (String(own.Type).startsWith("AWS::Serverless::")) delete own.Properties;
      }
    },
  ]);
  const unknown = caseOf(`${group.name}: an unknown property`, [
    group.base,
    (sketch) => {
      for (const own of Object.values(sketch.Resources)) {
        if (String(own.Type).startsWith("AWS::Serverless::")) within(own, "Properties").Handlr = "x";
      }
    },
  ]);
  return [...cases, bare, unknown];
}
