import semver from "semver";
import { z } from "zod";
import type { Component, Ecosystem } from "./components.ts";

const event = z.looseObject({
  introduced: z.string().optional(),
  fixed: z.string().optional(),
  last_affected: z.string().optional(),
});

/** As much of an OSV record as is read here. Source: https://ossf.github.io/osv-schema/ */
export const advisory = z.object({
  id: z.string(),
  summary: z.string().optional(),
  withdrawn: z.string().optional(),
  affected: z
    .array(
      z.object({
        package: z.object({ ecosystem: z.string(), name: z.string() }),
        versions: z.array(z.string()).optional(),
        ranges: z.array(z.object({ type: z.string(), events: z.array(event) })).optional(),
      }),
    )
    .default([]),
  database_specific: z.object({ severity: z.string().optional() }).optional(),
});

export type Advisory = z.infer<typeof advisory>;

/** A component with what is known against this version of it. */
export interface Vulnerability {
  readonly component: Component;
  readonly id: string;
  readonly summary: string | undefined;
  /** `HIGH`, where the record says. */
  readonly severity: string | undefined;
  /** The least version without it, where there is one. */
  readonly fixed: string | undefined;
}

/** Advisories by what they are about, so that each component is looked up once. */
export type AdvisoryIndex = ReadonlyMap<string, readonly Advisory[]>;

const keyOf = (ecosystem: string, name: string) => `${ecosystem} ${name}`;

export function indexAdvisories(advisories: readonly Advisory[]): AdvisoryIndex {
  const index = new Map<string, Advisory[]>();
  for (const each of advisories) {
    if (each.withdrawn !== undefined) continue;
    for (const { package: about } of each.affected) {
      const key = keyOf(about.ecosystem, about.name);
      const known = index.get(key);
      if (known?.at(-1) === each) continue;
      if (known) known.push(each);
      else index.set(key, [each]);
    }
  }
  return index;
}

/** What is known against these components. */
export function vulnerabilitiesOf(components: readonly Component[], index: AdvisoryIndex): Vulnerability[] {
  return components.flatMap((component) =>
    (index.get(keyOf(component.ecosystem, component.name)) ?? []).flatMap((each) => {
      const about = each.affected.filter(
        ({ package: { ecosystem, name } }) => ecosystem === component.ecosystem && name === component.name,
      );
      const hits = about.map((one) => hitOf(component, one)).filter((hit) => hit.affected);
      const [hit] = hits;
      if (!hit) return [];
      const { id, summary, database_specific: more } = each;
      return [{ component, id, summary, severity: more?.severity, fixed: hit.fixed }];
    }),
  );
}

function hitOf(
  { ecosystem, version }: Component,
  { versions, ranges }: Advisory["affected"][number],
): { affected: boolean; fixed?: string } {
  for (const { type, events } of ranges ?? []) {
    if (type !== "SEMVER" && type !== "ECOSYSTEM") continue;
    const found = within(ecosystem, version, events);
    if (found) return { affected: true, ...(found.fixed !== undefined && { fixed: found.fixed }) };
  }
  return { affected: versions?.includes(version) ?? false };
}

type Event = z.infer<typeof event>;

/** OSV's own algorithm: https://ossf.github.io/osv-schema/#evaluation */
function within(ecosystem: Ecosystem, version: string, events: readonly Event[]): { fixed?: string } | undefined {
  const compare = (a: string, b: string) => compareVersions(ecosystem, a, b);
  const placed = events
    .map((each) => ({ ...each, at: each.introduced ?? each.fixed ?? each.last_affected ?? "0" }))
    .sort((a, b) => compare(a.at, b.at));
  let affected = false;
  for (const { introduced, fixed, last_affected: last, at } of placed) {
    if (introduced !== undefined && compare(version, at) >= 0) affected = true;
    if (fixed !== undefined && compare(version, at) >= 0) affected = false;
    if (last !== undefined && compare(version, at) > 0) affected = false;
  }
  if (!affected) return undefined;
  const next = placed.find(({ fixed }) => fixed !== undefined && compare(version, fixed) < 0)?.fixed;
  return next === undefined ? {} : { fixed: next };
}

/** Below zero when `a` comes first. `0` comes before every version. */
function compareVersions(ecosystem: Ecosystem, a: string, b: string): number {
  if (a === b) return 0;
  if (a === "0") return -1;
  if (b === "0") return 1;
  if (ecosystem === "PyPI") return comparePython(a, b);
  return semver.compare(semver.parse(a, { loose: true }) ?? "0.0.0", semver.parse(b, { loose: true }) ?? "0.0.0");
}

/** Epoch, release, and how far before or after it: https://packaging.python.org/specifications/version-specifiers/ */
const PYTHON =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)[-_.]?(?:(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?/i;

const STAGES: Readonly<Record<string, number>> = { a: 1, alpha: 1, b: 2, beta: 2, c: 3, rc: 3, pre: 3, preview: 3 };

function pythonKey(version: string): number[] {
  const [, epoch, release = "0", stage, stageNumber, post, postNumber, dev, devNumber] = PYTHON.exec(version) ?? [];
  const numbers = release.split(".").map(Number);
  const padded = [...numbers, ...Array(Math.max(0, 6 - numbers.length)).fill(0)].slice(0, 6);
  // A development release comes before the first alpha, unless it is one of a later stage.
  const early = stage ? (STAGES[stage.toLowerCase()] ?? 3) : dev && !post ? 0 : 4;
  return [
    Number(epoch ?? 0),
    ...padded,
    early,
    Number(stageNumber || 0),
    post ? Number(postNumber || 0) + 1 : 0,
    dev ? Number(devNumber || 0) : Number.MAX_SAFE_INTEGER,
  ];
}

function comparePython(a: string, b: string): number {
  const [left, right] = [pythonKey(a), pythonKey(b)];
  const index = left.findIndex((part, at) => part !== right[at]);
  return index < 0 ? 0 : (left[index] ?? 0) - (right[index] ?? 0);
}
