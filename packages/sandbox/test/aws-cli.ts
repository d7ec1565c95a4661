import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { Sandbox } from "../src/index.ts";
import { REGION, TOOLING, temporaryFolder } from "./support.ts";

const run = promisify(execFile);
const LONGEST_MS = 30_000;

/** Whether the machine has an AWS CLI: `test.skipIf(!hasAwsCli)` names what wasn't proven. */
export const hasAwsCli = (process.env.PATH ?? "").split(delimiter).some((folder) => {
  try {
    accessSync(join(folder, "aws"), constants.X_OK);
    return true;
  } catch {
    return false;
  }
});

/** Runs `aws …` as an account's own key against the sandbox; returns its JSON, or text that isn't any. Raises with its stderr. */
export async function awsCli(sandbox: Sandbox, args: readonly string[], account = TOOLING): Promise<unknown> {
  const { accessKeyId, secretAccessKey } = sandbox.credentials(account);
  const { stdout } = await run("aws", ["--endpoint-url", sandbox.awsUrl, "--region", REGION, ...args], {
    timeout: LONGEST_MS,
    env: {
      PATH: process.env.PATH,
      HOME: temporaryFolder(),
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      // Commands of the CLI's own (`cloudformation package`) make clients that know no --endpoint-url.
      AWS_ENDPOINT_URL: sandbox.awsUrl,
      AWS_DEFAULT_OUTPUT: "json",
      AWS_EC2_METADATA_DISABLED: "true",
    },
  });
  try {
    return JSON.parse(stdout);
  } catch {
    return stdout;
  }
}
