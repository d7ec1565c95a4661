import { createHash } from "node:crypto";
import { type Component, inventoryOf, purlOf } from "./components.ts";

/** A bill of materials in CycloneDX 1.6: https://cyclonedx.org/docs/1.6/json/ */
export interface Bom {
  readonly bomFormat: "CycloneDX";
  readonly specVersion: "1.6";
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: object;
  readonly components: readonly object[];
}

export interface BomInput {
  readonly service: string;
  /** Full sha of what was built. */
  readonly commit: string;
  /** `sha256` of what was built, in hexadecimal digits. */
  readonly digest: string;
  readonly at: Date;
  /** The repository, by path. */
  readonly files: ReadonlyMap<string, string>;
}

/** The same artifact has the same number, however often its bill is written. */
function serialOf(digest: string): string {
  const hex = createHash("sha256").update(digest).digest("hex");
  const variant = ((Number.parseInt(hex[16] ?? "0", 16) & 0x3) | 0x8).toString(16);
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const SPDX_ID = /^[A-Za-z0-9][A-Za-z0-9.-]*$/;

function licencesOf(licence: string | undefined): object {
  if (licence === undefined) return {};
  if (SPDX_ID.test(licence)) return { licenses: [{ license: { name: licence } }] };
  return { licenses: [{ expression: licence }] };
}

const isExpression = (licence: string) => /^[A-Za-z0-9.+() -]+$/.test(licence);

function entryOf(component: Component): object {
  const { name, version, licence } = component;
  const purl = purlOf(component);
  const said = licence === undefined || isExpression(licence) ? licencesOf(licence) : licencesOf(undefined);
  return { type: "library", "bom-ref": purl, name, version, purl, ...said };
}

/** What was built, and what of others is in it. */
export function bomOf({ service, commit, digest, at, files }: BomInput): Bom {
  // One component may stand in a lockfile more than once.
  const components = new Map(inventoryOf(files).components.map((each) => [purlOf(each), entryOf(each)]));
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: serialOf(digest),
    version: 1,
    metadata: {
      timestamp: at.toISOString(),
      tools: { components: [{ type: "application", name: "turnpike-verify" }] },
      component: {
        type: "application",
        "bom-ref": service,
        name: service,
        version: commit,
        hashes: [{ alg: "SHA-256", content: digest }],
      },
    },
    components: [...components].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry),
  };
}
