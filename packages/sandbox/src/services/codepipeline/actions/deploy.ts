import {
  CreateChangeSetCommand,
  CreateStackCommand,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  ExecuteChangeSetCommand,
  type Stack,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { AwsError } from "../../../core/errors.ts";
import { writeObject } from "../../codebuild/objects.ts";
import { packZip } from "../../codebuild/zip.ts";
import { ActionFailure, type ActionRun, type ActionSuccess } from "./action.ts";
import { readStackInput, type StackInput } from "./deploy-input.ts";
import { changeSetMade, findStack, stackFailure, stackSettled } from "./deploy-wait.ts";

/** States from which REPLACE_ON_FAILURE deletes a stack before it creates it anew. */
const FAILED_STATES = new Set([
  "ROLLBACK_COMPLETE",
  "ROLLBACK_FAILED",
  "CREATE_FAILED",
  "DELETE_FAILED",
  "UPDATE_ROLLBACK_FAILED",
]);
const DEPLOYED = new Set(["CREATE_COMPLETE", "UPDATE_COMPLETE"]);

/**
 * Changes a CloudFormation stack, as the action's role in that role's account.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CloudFormation.html
 */
export async function deploy(run: ActionRun): Promise<ActionSuccess> {
  const mode = run.configuration.ActionMode;
  switch (mode) {
    case "CHANGE_SET_REPLACE":
      return replaceChangeSet(run);
    case "CHANGE_SET_EXECUTE":
      return executeChangeSet(run);
    case "CREATE_UPDATE":
    case "REPLACE_ON_FAILURE":
      return createOrUpdate(run, mode === "REPLACE_ON_FAILURE");
    case "DELETE_ONLY":
      return deleteStack(run);
    default:
      throw new ActionFailure("ConfigurationError", `ActionMode ${mode} isn't one of CloudFormation's`);
  }
}

const scopeOf = ({ roleArn, record }: ActionRun) => ({ roleArn, region: record.region });

async function replaceChangeSet(run: ActionRun): Promise<ActionSuccess> {
  const { context, configuration } = run;
  const StackName = configuration.StackName ?? "";
  const ChangeSetName = required(run, "ChangeSetName");
  const input = await readStackInput(run);
  const stack = await findStack(run, StackName);
  if (stack) await context.send(new DeleteChangeSetCommand({ StackName, ChangeSetName }), scopeOf(run));
  const isNew = !stack || stack.StackStatus === "REVIEW_IN_PROGRESS" || stack.StackStatus === "DELETE_COMPLETE";
  const command = new CreateChangeSetCommand({
    StackName,
    ChangeSetName,
    ChangeSetType: isNew ? "CREATE" : "UPDATE",
    ...templateOf(input),
  });
  const { Id: id = "" } = await context.send(command, scopeOf(run));
  const url = consoleUrl(
    run,
    `changesets/changes?stackId=${encodeURIComponent(StackName)}&changeSetId=${encodeURIComponent(id)}`,
  );
  run.note({ externalExecutionId: id, externalExecutionUrl: url });
  const made = await changeSetMade(run, id);
  const result = { externalExecutionId: id, externalExecutionUrl: url };
  if (made.Status === "FAILED" && !isEmpty(made.StatusReason)) {
    throw new ActionFailure(
      "JobFailed",
      `Change set ${ChangeSetName} could not be created: ${made.StatusReason}`,
      result,
    );
  }
  const summary = made.Status === "FAILED" ? "contains no changes" : "was created";
  return { result: { ...result, externalExecutionSummary: `Change set ${ChangeSetName} ${summary}.` } };
}

/** An empty change set can't be executed; CodePipeline takes it for done, so that a stack that is as it should be holds nothing up. */
async function executeChangeSet(run: ActionRun): Promise<ActionSuccess> {
  const { context, configuration, resumed } = run;
  const StackName = configuration.StackName ?? "";
  const ChangeSetName = required(run, "ChangeSetName");
  const before = await findStack(run, StackName);
  if (!before) throw new ActionFailure("JobFailed", `Stack [${StackName}] does not exist`);
  const set = await context.send(new DescribeChangeSetCommand({ StackName, ChangeSetName }), scopeOf(run));
  const result = { externalExecutionId: before.StackId ?? "", externalExecutionUrl: stackUrl(run, before) };
  if (set.Status === "FAILED" && isEmpty(set.StatusReason)) {
    const externalExecutionSummary = `Change set ${ChangeSetName} contains no changes. Nothing was executed.`;
    return { result: { ...result, externalExecutionSummary }, ...(await outputsOf(run, before)) };
  }
  run.note(result);
  // After a restart of the sandbox the stack may be under way, or be done: then the change set was executed by this action.
  if (!resumed || set.ExecutionStatus === "AVAILABLE") {
    await context.send(new ExecuteChangeSetCommand({ StackName, ChangeSetName }), scopeOf(run));
  }
  const stack = await stackSettled(run, StackName);
  if (!stack || !DEPLOYED.has(stack.StackStatus ?? "")) {
    throw new ActionFailure("JobFailed", `Failed to execute change set. ${await stackFailure(run, stack)}`, result);
  }
  const externalExecutionSummary = `Change set ${ChangeSetName} was executed.`;
  return { result: { ...result, externalExecutionSummary }, ...(await outputsOf(run, stack)) };
}

async function createOrUpdate(run: ActionRun, replaceFailed: boolean): Promise<ActionSuccess> {
  const { context, configuration } = run;
  const StackName = configuration.StackName ?? "";
  const input = templateOf(await readStackInput(run));
  let before = await stackSettled(run, StackName);
  if (before && replaceFailed && FAILED_STATES.has(before.StackStatus ?? "")) {
    await context.send(new DeleteStackCommand({ StackName }), scopeOf(run));
    before = await stackSettled(run, before.StackId ?? StackName);
    if (before?.StackStatus !== "DELETE_COMPLETE") {
      throw new ActionFailure("JobFailed", `Failed to delete the stack. ${await stackFailure(run, before)}`);
    }
  }
  const isNew = !before || ["DELETE_COMPLETE", "REVIEW_IN_PROGRESS"].includes(before.StackStatus ?? "");
  let changed = true;
  if (isNew) {
    await context.send(new CreateStackCommand({ StackName, ...input }), scopeOf(run));
  } else {
    changed = await context.send(new UpdateStackCommand({ StackName, ...input }), scopeOf(run)).then(
      () => true,
      (error: unknown) => {
        if (error instanceof AwsError && error.message.startsWith("No updates")) return false;
        throw error;
      },
    );
  }
  const stack = await stackSettled(run, StackName);
  const result = { externalExecutionId: stack?.StackId ?? "", externalExecutionUrl: stack ? stackUrl(run, stack) : "" };
  if (!stack || (changed && !DEPLOYED.has(stack.StackStatus ?? ""))) {
    throw new ActionFailure("JobFailed", `Failed to deploy the stack. ${await stackFailure(run, stack)}`, result);
  }
  const externalExecutionSummary = changed ? `Stack ${StackName} was deployed.` : `Stack ${StackName} had no changes.`;
  return { result: { ...result, externalExecutionSummary }, ...(await outputsOf(run, stack)) };
}

async function deleteStack(run: ActionRun): Promise<ActionSuccess> {
  const StackName = run.configuration.StackName ?? "";
  const before = await findStack(run, StackName);
  if (!before) return { result: { externalExecutionSummary: `Stack ${StackName} does not exist.` } };
  const RoleARN = run.configuration.RoleArn;
  await run.context.send(new DeleteStackCommand({ StackName, ...(RoleARN ? { RoleARN } : {}) }), scopeOf(run));
  const after = await stackSettled(run, before.StackId ?? StackName);
  const result = { externalExecutionId: before.StackId ?? "", externalExecutionUrl: stackUrl(run, before) };
  if (after && after.StackStatus !== "DELETE_COMPLETE") {
    throw new ActionFailure("JobFailed", `Failed to delete the stack. ${await stackFailure(run, after)}`, result);
  }
  return { result: { ...result, externalExecutionSummary: `Stack ${StackName} was deleted.` } };
}

/** Stack outputs as the action's variables, and as a file where the action asks for one. */
async function outputsOf(run: ActionRun, stack: Stack): Promise<{ variables: Record<string, string> }> {
  const pairs = (stack.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue] as const);
  const variables: Record<string, string> = Object.fromEntries(pairs);
  const [output] = Object.values(run.record.outputs);
  const path = run.configuration.OutputFileName;
  if (output && path) {
    const data = Buffer.from(JSON.stringify(variables));
    const archive = await packZip([{ path, data, mode: 0o100644, modifiedAt: run.context.clock.now() }]);
    const options = { contentType: "application/zip", encryptionKey: run.encryptionKey };
    await writeObject(run.context, { ...output, roleArn: run.roleArn }, archive, options);
  }
  return { variables };
}

function templateOf({ template, parameters, tags, capabilities, roleArn, stackPolicy }: StackInput) {
  return {
    TemplateBody: template,
    Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    Capabilities: capabilities,
    ...(roleArn ? { RoleARN: roleArn } : {}),
    ...(stackPolicy ? { StackPolicyBody: stackPolicy } : {}),
  };
}

const isEmpty = (reason = "") =>
  reason.startsWith("The submitted information didn't contain changes") ||
  reason.startsWith("No updates are to be performed");

function required({ configuration }: ActionRun, key: string): string {
  const value = configuration[key];
  if (value) return value;
  throw new ActionFailure("ConfigurationError", `Action configuration is missing required configuration '${key}'`);
}

const consoleUrl = ({ record: { region } }: ActionRun, path: string) =>
  `https://${region}.console.aws.amazon.com/cloudformation/home?region=${region}#/stacks/${path}`;
const stackUrl = (run: ActionRun, stack: Stack) =>
  consoleUrl(run, `stackinfo?stackId=${encodeURIComponent(stack.StackId ?? "")}`);
