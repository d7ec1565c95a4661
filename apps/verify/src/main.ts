/**
 * Turnpike's own action in a service's pipeline. It runs in the folder of what was built, finds the repository and its
 * own folder (with the platform's standards) by CodeBuild's variables, writes a report, and ends with status 1 when a rule
 * that blocks isn't kept.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { KMSClient, SignCommand } from "@aws-sdk/client-kms";
import { TemplateError } from "@turnpike/cloudformation";
import { type Advisory, bomOf, type Delivery, indexAdvisories, type Standards } from "@turnpike/domain/standards";
import { signed, statementOf } from "./provenance.ts";
import { readTexts } from "./read-service.ts";
import { junitOf, linesOf } from "./report.ts";
import { servedContract } from "./served-contract.ts";
import { verify } from "./verify.ts";

const REPORT = "standards/standards.xml";
const BOM = "evidence/sbom.cdx.json";
const PROVENANCE = "evidence/provenance.dsse.json";

function folderOf(variable: string): string {
  const folder = process.env[variable];
  if (!folder) throw new Error(`${variable} isn't set: this runs as an action of a service's pipeline.`);
  return folder;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

/** One of the files that Turnpike put beside this program; undefined where it put none. */
function given<T>(name: string): T | undefined {
  const file = path.join(folderOf("CODEBUILD_SRC_DIR_Turnpike"), name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as T) : undefined;
}

function deliveryOf(service: string, source: string): Delivery {
  const running = given<Record<string, string>>("running.json")?.[service];
  const advisories = given<Advisory[]>("advisories.json");
  return {
    byTurnpike: true,
    served: running === undefined ? null : servedContract(source, running),
    advisories: advisories && indexAdvisories(advisories),
  };
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Says how the artifact came to be, signed with a key that no service's own code may use. */
async function signProvenance(service: string, commit: string, at: Date, KeyId: string): Promise<void> {
  const statement = statementOf({
    ...{ service, commit, at },
    repository: process.env.TURNPIKE_REPOSITORY ?? "",
    digest: process.env.ARTIFACT_DIGEST ?? "",
    execution: process.env.TURNPIKE_EXECUTION ?? "",
    builder: process.env.CODEBUILD_BUILD_ARN ?? "",
  });
  const client = new KMSClient();
  const envelope = await signed(statement, KeyId, async (Message) => {
    const command = new SignCommand({ KeyId, Message, MessageType: "RAW", SigningAlgorithm: "ECDSA_SHA_256" });
    return (await client.send(command)).Signature ?? new Uint8Array();
  });
  write(PROVENANCE, `${JSON.stringify(envelope, undefined, 2)}\n`);
  say(`Provenance: signed with ${KeyId}.`);
}

async function main(): Promise<number> {
  const service = process.env.TURNPIKE_SERVICE ?? "";
  const source = folderOf("CODEBUILD_SRC_DIR_SourceOutput");
  const repository = readTexts(source);
  const at = new Date();
  const results = verify({
    service,
    built: readTexts("."),
    repository,
    standards: given<Standards>("standards.json") ?? { effects: {}, waivers: [] },
    delivery: deliveryOf(service, source),
    today: at.toISOString().slice(0, 10),
  });
  write(REPORT, junitOf(results));
  const commit = process.env.TURNPIKE_COMMIT ?? "";
  const bom = bomOf({ service, commit, digest: process.env.ARTIFACT_DIGEST ?? "", at, files: repository });
  write(BOM, `${JSON.stringify(bom, undefined, 2)}\n`);
  say(`Bill of materials: ${bom.components.length} components.`);
  const key = process.env.TURNPIKE_PROVENANCE_KEY;
  if (key) await signProvenance(service, commit, at, key);
  for (const result of results) {
    if (result.outcome === "pass" || result.outcome === "not-applicable") continue;
    say(`${result.outcome.toUpperCase()} ${result.rule.id} ${result.rule.title}`);
    for (const line of linesOf(result)) say(`  ${line}`);
  }
  const blocking = results.filter(({ outcome }) => outcome === "block").length;
  const kept = results.filter(({ outcome }) => outcome === "pass").length;
  say(`Standards: ${kept} rules kept, ${blocking} block.`);
  return blocking > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof TemplateError)) throw error;
  say(`The template can't be deployed: ${error.message}`);
  process.exitCode = 1;
}
