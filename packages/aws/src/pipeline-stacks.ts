import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  type Stack,
} from "@aws-sdk/client-cloudformation";
import { PipelineUnavailableError } from "@turnpike/domain/pipelines";
import type { PipelineStacks } from "@turnpike/domain/scaffolding";
import { type Accounts, errorName } from "./accounts.ts";

/** Tag that says for which service a stack was made: the marker that makes it ours. */
const MARKER = "turnpike:service-id";

type Request = Parameters<PipelineStacks["ensure"]>[0];

const stackNameOf = (service: string) => `turnpike-${service}-pipeline`;
const roleName = (arn: string | undefined) => arn?.split("/").pop();

/** The parameters of `infra/service-pipeline.yaml`; what the platform repository doesn't name keeps its default. */
function parametersOf({ service, repository, branch, tooling, targets }: Request) {
  const account = (environment: string) => targets.find((target) => target.environment === environment)?.account;
  const dev = account("dev");
  const prod = account("prod");
  const values: Record<string, string | undefined> = {
    ServiceName: service,
    RepositoryId: repository,
    Branch: branch,
    ConnectionArn: tooling.connectionArn,
    ArtifactBucket: tooling.artifactBucket,
    KmsKeyArn: tooling.kmsKeyArn,
    PipelineRoleArn: tooling.pipelineRoleArn,
    BuildRoleArn: tooling.buildRoleArn,
    VerifyRoleArn: tooling.verifyRoleArn,
    IntegrationRoleArn: tooling.integrationRoleArn,
    DevAccountId: dev?.accountId,
    ProdAccountId: prod?.accountId,
    PipelineActionRoleName: roleName(prod?.pipelineActionRoleArn),
    ExecutionRoleName: roleName(prod?.cloudFormationExecutionRoleArn),
  };
  return Object.entries(values).flatMap(([ParameterKey, ParameterValue]) =>
    ParameterValue === undefined ? [] : [{ ParameterKey, ParameterValue }],
  );
}

/**
 * The pipelines of services as CloudFormation stacks of the tooling account.
 *
 * @param templateFile path of `infra/service-pipeline.yaml`
 */
export function createPipelineStacks(accounts: Accounts, templateFile: string): PipelineStacks {
  const client = accounts.tooling(CloudFormationClient);

  async function describe(stackName: string): Promise<Stack | undefined> {
    try {
      const { Stacks: stacks } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
      return stacks?.[0];
    } catch (error) {
      // CloudFormation has no error of its own for a stack that isn't there.
      if (errorName(error) === "ValidationError" && /does not exist/.test(String(error))) return undefined;
      throw error;
    }
  }

  /** Why a stack failed: the first failure that wasn't a consequence of another. */
  async function reasonOf(stackName: string): Promise<string> {
    const { StackEvents: events = [] } = await client.send(new DescribeStackEventsCommand({ StackName: stackName }));
    const failed = events
      .filter(({ ResourceStatus: status }) => status?.endsWith("_FAILED"))
      .filter(({ ResourceStatusReason: reason }) => !/cancelled/i.test(reason ?? ""))
      .at(-1);
    return failed ? `${failed.LogicalResourceId}: ${failed.ResourceStatusReason}` : "CloudFormation gave no reason";
  }

  async function create(request: Request): Promise<void> {
    await client.send(
      new CreateStackCommand({
        StackName: stackNameOf(request.service),
        TemplateBody: await readFile(templateFile, "utf8"),
        Parameters: parametersOf(request),
        Capabilities: ["CAPABILITY_NAMED_IAM"],
        // The same request twice is one stack, however often the answer was lost.
        ClientRequestToken: createHash("sha256").update(request.serviceId).digest("hex").slice(0, 40),
        OnFailure: "ROLLBACK",
        Tags: [
          { Key: MARKER, Value: request.serviceId },
          { Key: "service", Value: request.service },
          { Key: "team", Value: request.owner },
          { Key: "environment", Value: "tooling" },
        ],
      }),
    );
  }

  async function look(request: Request): ReturnType<PipelineStacks["ensure"]> {
    const stackName = stackNameOf(request.service);
    const stack = await describe(stackName);
    if (!stack) {
      await create(request);
      return { kind: "in-progress", detail: `Creating the stack ${stackName}` };
    }
    if (!stack.Tags?.some(({ Key, Value }) => Key === MARKER && Value === request.serviceId)) {
      const reason = `A stack ${stackName} exists in the tooling account and was not made for this service. It was left untouched. Delete or rename it.`;
      return { kind: "failed", reason, final: false };
    }
    switch (stack.StackStatus) {
      case "CREATE_COMPLETE":
      case "UPDATE_COMPLETE":
      case "UPDATE_ROLLBACK_COMPLETE":
        return { kind: "ready", pipeline: request.service };
      case "CREATE_FAILED":
      case "ROLLBACK_COMPLETE":
      case "ROLLBACK_FAILED":
      case "DELETE_FAILED": {
        const reason = `The stack ${stackName} could not be created (${await reasonOf(stackName)}). The repository was left as it is. Delete the stack, and Turnpike makes it again.`;
        return { kind: "failed", reason, final: false };
      }
      default:
        return { kind: "in-progress", detail: `The stack ${stackName} is ${stack.StackStatus}` };
    }
  }

  return {
    async ensure(request) {
      try {
        return await look(request);
      } catch (error) {
        throw new PipelineUnavailableError(request.service, { cause: error });
      }
    },
  };
}
