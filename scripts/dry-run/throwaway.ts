import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createVerifier } from "@turnpike/aws";
import { type Sandbox, startSandbox } from "@turnpike/sandbox";
import type { RenderedFile } from "@turnpike/templating";
import { Octokit } from "octokit";
import { buildVerifier } from "../../apps/verify/build.mjs";
import { type AccountsOptions, deployAccounts, deployPipeline, TOOLING } from "../product/accounts.ts";
import { gitAs } from "../product/git.ts";

const ORGANISATION = "acme";
const REGION = "eu-west-1";
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A cloud of its own for one service: accounts, a repository, its pipeline. It and all that it keeps go with `stop`. */
export interface Throwaway {
  readonly sandbox: Sandbox;
  /** Of an SDK client of one account. */
  settings(accountId: string): { endpoint: string; region: string; credentials: Key };
  /** Commits the files and pushes them: a pipeline starts. */
  push(files: readonly RenderedFile[], message: string): Promise<void>;
  /** Deploys the service's pipeline, as Turnpike does once the repository is there. */
  deployPipeline(): Promise<void>;
  stop(): Promise<void>;
}

type Key = ReturnType<AccountsOptions["credentials"]>;

/** GitHub has an App installed; here it hears of nothing, and its key is nowhere. */
function appThatNobodyIs() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
  const webhook = { webhookSecret: randomBytes(16).toString("hex"), webhookUrl: "http://127.0.0.1:9/" };
  return { id: 1, slug: "turnpike", privateKey: pem, ...webhook };
}

/** The judge of pipelines as Turnpike publishes it, with the standards that the rules have themselves. */
async function publishVerifier(sandbox: Sandbox, folder: string, bucket: string): Promise<void> {
  const file = path.join(folder, "verify.mjs");
  await buildVerifier(file);
  const settings = {
    ...{ endpoint: sandbox.awsUrl, region: REGION, maxAttempts: 3 },
    requestHandler: { requestTimeout: 10_000, connectionTimeout: 3000 },
    credentials: async () => sandbox.credentials(TOOLING),
  };
  const verifier = createVerifier({ tooling: (Client) => new Client(settings) }, file);
  await verifier.publish(bucket, { standards: { effects: {}, waivers: [] }, running: {}, advisories: undefined });
}

export async function openThrowaway(service: string): Promise<Throwaway> {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-dry-run-"));
  const sandbox = await startSandbox({
    dataDir: path.join(folder, "sandbox"),
    region: REGION,
    github: { organisation: ORGANISATION, app: appThatNobodyIs() },
  });
  const stop = async () => {
    await sandbox.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const options: AccountsOptions = {
      ...{ awsUrl: sandbox.awsUrl, region: REGION, externalId: randomBytes(16).toString("hex") },
      credentials: (accountId) => sandbox.credentials(accountId),
    };
    const { tooling } = await deployAccounts(options);
    await publishVerifier(sandbox, folder, tooling.ArtifactBucketName ?? "");
    const admin = new Octokit({ baseUrl: sandbox.githubUrl, auth: "sandbox-admin", log: silent });
    await admin.rest.repos.createInOrg({ org: ORGANISATION, name: service });
    await admin.rest.repos.addCollaborator({
      ...{ owner: ORGANISATION, repo: service, username: "developer", permission: "push" },
    });
    const clone = path.join(folder, service);
    const git = (args: readonly string[], cwd = clone) => gitAs(folder, "developer", args, cwd);
    await git(["clone", "-q", `${sandbox.githubUrl}/${ORGANISATION}/${service}.git`, clone], folder);
    return {
      sandbox,
      settings: (accountId) => ({
        ...{ endpoint: sandbox.awsUrl, region: REGION },
        credentials: sandbox.credentials(accountId),
      }),
      async push(files, message) {
        for (const { path: name, content, mode } of files) {
          const file = path.join(clone, name);
          mkdirSync(path.dirname(file), { recursive: true });
          writeFileSync(file, content, { mode });
        }
        await git(["add", "--all"]);
        await git(["commit", "-q", "-m", message]);
        await git(["push", "-q", "origin", "HEAD:main"]);
      },
      deployPipeline: () => deployPipeline(options, tooling, { service, repository: `${ORGANISATION}/${service}` }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
