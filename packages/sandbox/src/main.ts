import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type SandboxOptions, startSandbox } from "./sandbox.ts";

/*
 * Runs a sandbox as a process: `node main.ts --config <file>`. The file is JSON and holds `dataDir` and, when wanted,
 * `ports`, `region`, `realistic`, `github` and `oidc` of SandboxOptions: settings with secrets in them don't belong on a command
 * line, where every process of the machine can read them.
 *
 * Prints one line of JSON when everything answers: `{"ready":true,"awsUrl":…}`. Ends, all its children first, when
 * SIGTERM or SIGINT comes or when its stdin closes: the parent holds the other end of that pipe, so even a parent that
 * was killed leaves nothing running.
 */

type Config = Pick<SandboxOptions, "dataDir" | "ports" | "region" | "realistic" | "github" | "oidc">;

const KNOWN = new Set(["dataDir", "ports", "region", "realistic", "github", "oidc"]);

function readConfig(file: string): Config {
  const config = JSON.parse(readFileSync(file, "utf8")) as Config;
  const unknown = Object.keys(config).filter((key) => !KNOWN.has(key));
  if (unknown.length > 0) throw new Error(`${file}: unknown setting ${unknown.join(", ")}.`);
  if (typeof config.dataDir !== "string" || config.dataDir === "") throw new Error(`${file}: "dataDir" is missing.`);
  return config;
}

const { values } = parseArgs({ options: { config: { type: "string" } } });
if (!values.config) {
  console.error("usage: node main.ts --config <file.json>");
  process.exit(2);
}

const sandbox = await startSandbox(readConfig(values.config));

let stopping = false;
const stop = async () => {
  if (stopping) return;
  stopping = true;
  await sandbox.stop();
  process.exit(0);
};
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
process.stdin.on("end", stop).on("close", stop).on("error", stop).resume();

const { awsUrl, gatewayUrl, githubUrl, oidcUrl, xrayDaemonAddress } = sandbox;
console.log(JSON.stringify({ ready: true, awsUrl, gatewayUrl, githubUrl, oidcUrl, xrayDaemonAddress }));
