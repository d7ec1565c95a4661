import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { onTestFinished } from "vitest";
import { type Sandbox, type SandboxOptions, startSandbox } from "../src/index.ts";

export const TOOLING = "111111111111";
export const DEV = "222222222222";
export const PROD = "333333333333";
export const REGION = "eu-west-1";

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-sandbox-"));
  // A log line that was on its way may still land in it.
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** A sandbox on free ports with a folder of its own, stopped when the test ends. */
export async function sandboxForTest(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const dataDir = options.dataDir ?? temporaryFolder();
  const sandbox = await startSandbox({ fronts: [], ...options, dataDir });
  onTestFinished(() => sandbox.stop());
  return sandbox;
}

/** Settings of an SDK client that speaks to the sandbox over HTTP, with an account's own key. */
export function clientSettings(sandbox: Sandbox, account = TOOLING) {
  return { endpoint: sandbox.awsUrl, region: REGION, credentials: sandbox.credentials(account), maxAttempts: 1 };
}

/** A role that `principal` may assume and that may do `actions` on everything; answers its ARN. */
export async function roleForTest(
  sandbox: Sandbox,
  role: { name: string; account?: string; path?: string; principal: object; actions: readonly string[] },
): Promise<string> {
  const account = role.account ?? TOOLING;
  const trust = { Effect: "Allow", Principal: role.principal, Action: "sts:AssumeRole" };
  const RoleName = role.name;
  const AssumeRolePolicyDocument = JSON.stringify({ Statement: [trust] });
  const path = role.path === undefined ? {} : { Path: role.path };
  const made = await sandbox.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument, ...path }), { account });
  if (role.actions.length > 0) {
    const allowed = { Effect: "Allow", Action: role.actions, Resource: "*" };
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [allowed] });
    await sandbox.send(new PutRolePolicyCommand({ RoleName, PolicyName: "may", PolicyDocument }), { account });
  }
  return made.Role?.Arn ?? "";
}
