import path from "node:path";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { deployStack } from "./stacks.ts";

const infra = path.resolve(import.meta.dirname, "../../infra");

export const TOOLING = "111111111111";
export const WORKLOADS = { dev: "222222222222", prod: "333333333333" } as const;

export interface AccountsOptions {
  readonly awsUrl: string;
  readonly region: string;
  readonly credentials: (accountId: string) => { accessKeyId: string; secretAccessKey: string };
  /** What Turnpike sends when it reads a workload's account. */
  readonly externalId: string;
}

type Outputs = Readonly<Record<string, string>>;

/** A client of one of the accounts, with its own key. */
function cloudFormationOf({ awsUrl, region, credentials }: AccountsOptions, accountId: string) {
  return new CloudFormationClient({ region, endpoint: awsUrl, credentials: credentials(accountId) });
}

/**
 * Sets up the account of the pipelines and those of the services by their templates in `infra/`, and returns the outputs
 * of their stacks. Repeating it changes nothing.
 */
export async function deployAccounts(
  options: AccountsOptions,
): Promise<{ tooling: Outputs; workloads: ReadonlyMap<keyof typeof WORKLOADS, Outputs> }> {
  const tooling = await deployStack(cloudFormationOf(options, TOOLING), {
    accountId: TOOLING,
    name: "turnpike-tooling-account",
    template: path.join(infra, "tooling-account.yaml"),
    parameters: { DevAccountId: WORKLOADS.dev, ProdAccountId: WORKLOADS.prod },
  });
  const names = Object.keys(WORKLOADS) as (keyof typeof WORKLOADS)[];
  const made = await Promise.all(
    names.map(async (name) => {
      const outputs = await deployStack(cloudFormationOf(options, WORKLOADS[name]), {
        accountId: WORKLOADS[name],
        name: "turnpike-target-account",
        template: path.join(infra, "target-account.yaml"),
        parameters: {
          ToolingAccountId: TOOLING,
          ExternalId: options.externalId,
          ArtifactBucketName: tooling.ArtifactBucketName ?? "",
          ArtifactKeyArn: tooling.ArtifactKeyArn ?? "",
          HasIntegrationTests: String(name === "dev"),
        },
      });
      return [name, outputs] as const;
    }),
  );
  return { tooling, workloads: new Map(made) };
}

/** Deploys the pipeline of a service that Turnpike doesn't look after: its stack, as Turnpike would. */
export async function deployPipeline(
  options: AccountsOptions,
  tooling: Outputs,
  { service, repository }: { service: string; repository: string },
): Promise<void> {
  await deployStack(cloudFormationOf(options, TOOLING), {
    accountId: TOOLING,
    name: `turnpike-${service}-pipeline`,
    template: path.join(infra, "service-pipeline.yaml"),
    parameters: {
      ServiceName: service,
      RepositoryId: repository,
      ConnectionArn: tooling.ConnectionArn ?? "",
      ArtifactBucket: tooling.ArtifactBucketName ?? "",
      KmsKeyArn: tooling.ArtifactKeyArn ?? "",
      PipelineRoleArn: tooling.PipelineRoleArn ?? "",
      BuildRoleArn: tooling.BuildRoleArn ?? "",
      VerifyRoleArn: tooling.VerifyRoleArn ?? "",
      IntegrationRoleArn: tooling.IntegrationRoleArn ?? "",
      DevAccountId: WORKLOADS.dev,
      ProdAccountId: WORKLOADS.prod,
    },
  });
}
