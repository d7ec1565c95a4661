import path from "node:path";
import { createGitHub, createPlatformRepository, createRepositoryHost } from "@turnpike/github";
import { stringify } from "yaml";
import { deployAccounts, TOOLING, WORKLOADS } from "./accounts.ts";

export interface SeedOptions {
  readonly home: string;
  readonly addresses: { readonly awsUrl: string; readonly githubUrl: string };
  readonly credentials: (accountId: string) => { accessKeyId: string; secretAccessKey: string };
  readonly appId: number;
  readonly appPrivateKey: string;
  readonly externalId: string;
  readonly platformRepository: string;
  readonly region: string;
  readonly onProgress: (message: string) => void;
}

const TURNPIKE = { name: "Turnpike", email: "turnpike[bot]@users.noreply.github.com" };

/**
 * What an organisation does once before it uses Turnpike: the infrastructure of its accounts, and a platform repository
 * that names them. On a laptop it is done in the sandbox, with the same templates. Repeating it changes nothing.
 */
export async function seed(options: SeedOptions): Promise<void> {
  options.onProgress("Preparing the accounts and the platform repository …");
  const documents = await accountDocuments(options);
  await ensurePlatformRepository(options, documents);
}

async function accountDocuments({ addresses, ...options }: SeedOptions): Promise<Map<string, object>> {
  const { tooling, workloads } = await deployAccounts({ ...options, awsUrl: addresses.awsUrl });
  const { region } = options;
  const documents = new Map<string, object>();
  documents.set("accounts/tooling.yaml", {
    accountId: TOOLING,
    region,
    purpose: "tooling",
    artifactBucket: tooling.ArtifactBucketName,
    kmsKeyArn: tooling.ArtifactKeyArn,
    connectionArn: tooling.ConnectionArn,
    eventQueueUrl: tooling.EventQueueUrl,
    pipelineRoleArn: tooling.PipelineRoleArn,
    buildRoleArn: tooling.BuildRoleArn,
    verifyRoleArn: tooling.VerifyRoleArn,
    integrationRoleArn: tooling.IntegrationRoleArn,
  });
  for (const [name, outputs] of workloads) {
    documents.set(`accounts/${name}.yaml`, {
      accountId: WORKLOADS[name],
      region,
      purpose: "workload",
      readerRoleArn: outputs.ReaderRoleArn,
      pipelineActionRoleArn: outputs.PipelineActionRoleArn,
      cloudFormationExecutionRoleArn: outputs.ExecutionRoleArn,
    });
  }
  return documents;
}

const member = (login: string, role: string) => ({ email: `${login}@example.com`, github: login, role });

function platformFiles(accounts: Map<string, object>): { path: string; content: string }[] {
  const organisation = "acme";
  const kinds: [string, string, string, object][] = [
    [
      "platform.yaml",
      "Platform",
      "platform",
      { title: "Acme", organisation, environments: ["dev", "prod"], tooling: "tooling" },
    ],
    [
      "teams/payments.yaml",
      "Team",
      "payments",
      {
        title: "Payments",
        members: [member("developer", "developer"), member("approver", "approver"), member("viewer", "viewer")],
      },
    ],
    ["teams/platform.yaml", "Team", "platform", { title: "Platform", members: [member("admin", "admin")] }],
    ...[...accounts].map(([file, spec]): [string, string, string, object] => [
      file,
      "Account",
      path.basename(file, ".yaml"),
      spec,
    ]),
  ];
  return [
    ...kinds.map(([file, kind, name, spec]) => ({
      path: file,
      content: stringify({ apiVersion: "turnpike.dev/v1", kind, metadata: { name }, spec }, { lineWidth: 0 }),
    })),
    {
      path: "README.md",
      content:
        "# Platform\n\nWhat this organisation's teams, accounts, services and releases are. Turnpike reads it and writes it.\n",
    },
  ];
}

async function ensurePlatformRepository(options: SeedOptions, accounts: Map<string, object>): Promise<void> {
  const github = createGitHub({
    apiUrl: options.addresses.githubUrl,
    url: options.addresses.githubUrl,
    appId: options.appId,
    privateKey: options.appPrivateKey,
  });
  const host = createRepositoryHost(github);
  const fullName = options.platformRepository;
  const [owner = "", repo = ""] = fullName.split("/");
  const files = platformFiles(accounts);
  const at = new Date();
  const marker = "svc_platform";
  const { kind } = await host.ensureRepository({ fullName, description: "What should exist", marker });
  if (kind === "taken") throw new Error(`A repository ${fullName} exists that isn't Turnpike's. Nothing was changed.`);
  await host.ensureFirstCommit({
    fullName,
    branch: "main",
    files: files.map((file) => ({ path: file.path, content: Buffer.from(file.content), mode: 0o644 })),
    message: "Describe the platform",
    author: TURNPIKE,
    at,
  });
  const client = await github.installation(owner);
  await client.rest.repos.updateBranchProtection({
    owner,
    repo,
    branch: "main",
    required_status_checks: null,
    enforce_admins: true,
    required_pull_request_reviews: null,
    restrictions: { users: ["admin"], teams: [], apps: ["turnpike"] },
  });
  await updateAccounts(options, github, accounts);
}

/** Accounts whose infrastructure changed since (a new template, other ports) are described anew. */
async function updateAccounts(
  options: SeedOptions,
  github: ReturnType<typeof createGitHub>,
  accounts: Map<string, object>,
): Promise<void> {
  const repository = createPlatformRepository(github, {
    fullName: options.platformRepository,
    mirrorDir: path.join(options.home, "data", "seed", "platform.git"),
  });
  const parent = await repository.fetch();
  const wanted = platformFiles(accounts).filter((file) => accounts.has(file.path));
  const current = await repository.read(parent, [...accounts.keys()]);
  const changes = wanted.filter((file) => current.get(file.path) !== file.content);
  if (changes.length === 0) return;
  const message = `Describe the accounts ${changes.map((change) => path.basename(change.path, ".yaml")).join(", ")} anew`;
  await repository.push([{ parent, changes, message, author: TURNPIKE, at: new Date() }]);
}
