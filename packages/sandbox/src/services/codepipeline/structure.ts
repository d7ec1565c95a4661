import type { ActionDeclaration, PipelineDeclaration, StageDeclaration } from "@aws-sdk/client-codepipeline";
import { AwsError } from "../../core/errors.ts";
import { notImplemented } from "./records.ts";
import { namespacesIn } from "./variables.ts";

/*
 * What CreatePipeline and UpdatePipeline check.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html
 */

const NAME = /^[A-Za-z0-9.@\-_]{1,100}$/;
const ARTIFACT_NAME = /^[A-Za-z0-9_-]{1,100}$/;

interface Provider {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** By `<category>/<provider>`. */
const PROVIDERS: Readonly<Record<string, Provider>> = {
  "Source/CodeStarSourceConnection": {
    required: ["ConnectionArn", "FullRepositoryId", "BranchName"],
    optional: ["OutputArtifactFormat", "DetectChanges"],
  },
  "Source/S3": { required: ["S3Bucket", "S3ObjectKey"], optional: ["PollForSourceChanges"] },
  "Build/CodeBuild": { required: ["ProjectName"], optional: ["PrimarySource", "EnvironmentVariables"] },
  "Test/CodeBuild": { required: ["ProjectName"], optional: ["PrimarySource", "EnvironmentVariables"] },
  "Deploy/CloudFormation": {
    required: ["ActionMode", "StackName"],
    optional: [
      ...["ChangeSetName", "TemplatePath", "TemplateConfiguration", "Capabilities", "ParameterOverrides", "RoleArn"],
      "OutputFileName",
    ],
  },
  "Approval/Manual": { required: [], optional: ["CustomData", "ExternalEntityLink", "NotificationArn"] },
};

/** Raises the modelled error for a declaration that AWS refuses, and 501 for what this sandbox doesn't run. */
export function requireStructure(pipeline: PipelineDeclaration, region: string): void {
  const stages = pipeline.stages ?? [];
  if (!NAME.test(pipeline.name ?? "")) throw structure(`Pipeline name '${pipeline.name}' is invalid`);
  if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/.+/.test(pipeline.roleArn ?? ""))
    throw structure("Pipeline role ARN is invalid");
  if (!pipeline.artifactStore?.location) {
    if (pipeline.artifactStores) throw notImplemented("with artifact stores by region");
    throw structure("Pipeline should have an artifact store");
  }
  if ((pipeline.pipelineType ?? "V1") === "V1" && (pipeline.variables?.length || pipeline.triggers?.length)) {
    throw structure("Variables and triggers need a pipeline of type V2");
  }
  if (pipeline.triggers?.length) throw notImplemented("with triggers of its own (DetectChanges of a source works)");
  if (pipeline.executionMode === "PARALLEL") throw notImplemented("in the execution mode PARALLEL");
  if (stages.length < 2)
    throw structure("Pipeline has only one stage(s). There should be a minimum of 2 stages in a pipeline");
  requireUnique(
    stages.map(({ name }) => name ?? ""),
    (name) => structure(`Stage name '${name}' is used twice`),
  );
  const known = { artifacts: new Set<string>(), namespaces: new Set(["codepipeline", "variables"]) };
  for (const [index, stage] of stages.entries()) requireStage(stage, index === 0, known, region);
}

interface Known {
  readonly artifacts: Set<string>;
  readonly namespaces: Set<string>;
}

function requireStage(stage: StageDeclaration, first: boolean, known: Known, region: string): void {
  const actions = stage.actions ?? [];
  if (!NAME.test(stage.name ?? "")) throw stageError(`Stage name '${stage.name}' is invalid`);
  if (actions.length === 0) throw stageError(`Stage '${stage.name}' has no actions`);
  for (const part of ["onSuccess", "beforeEntry", "onFailure"] as const) {
    if (stage[part]) throw notImplemented(`with ${part} of a stage`);
  }
  requireUnique(
    actions.map(({ name }) => name ?? ""),
    (name) => stageError(`Action name '${name}' is used twice in stage '${stage.name}'`),
  );
  for (const order of [...new Set(actions.map(runOrderOf))].sort((a, b) => a - b)) {
    const group = actions.filter((action) => runOrderOf(action) === order);
    for (const action of group) requireAction(action, first, known, region);
    // What an action makes is there for later ones, not for those that run beside it.
    for (const { outputArtifacts, namespace } of group) {
      for (const { name = "" } of outputArtifacts ?? []) {
        if (known.artifacts.has(name))
          throw structure(`Output Artifact name '${name}' must be unique within the pipeline`);
        known.artifacts.add(name);
      }
      if (!namespace) continue;
      if (known.namespaces.has(namespace))
        throw structure(`Namespace '${namespace}' must be unique within the pipeline`);
      known.namespaces.add(namespace);
    }
  }
}

function requireAction(action: ActionDeclaration, firstStage: boolean, known: Known, region: string): void {
  const { name, actionTypeId: type, configuration = {} } = action;
  if (!NAME.test(name ?? "")) throw actionError(`Action name '${name}' is invalid`);
  const provider = PROVIDERS[`${type?.category}/${type?.provider}`];
  if (type?.owner !== "AWS" || !provider) {
    throw notImplemented(`action type ${[type?.category, type?.owner, type?.provider, type?.version].join("/")}`);
  }
  if (firstStage !== (type.category === "Source")) {
    throw structure("Source actions are in the first stage, and the first stage has source actions only");
  }
  if (action.region !== undefined && action.region !== region) throw notImplemented("with actions in another region");
  for (const key of provider.required) {
    if (!configuration[key])
      throw actionError(`Action configuration for action '${name}' is missing required configuration '${key}'`);
  }
  for (const key of Object.keys(configuration)) {
    if (provider.required.includes(key) || provider.optional.includes(key)) continue;
    throw actionError(`Action configuration for action '${name}' contains unknown configuration '${key}'`);
  }
  // Polling is S3's default; an object that changes must not start a pipeline here.
  if (type.provider === "S3" && configuration.PollForSourceChanges !== "false") {
    throw notImplemented("with a bucket that is polled (PollForSourceChanges)");
  }
  for (const { name: artifact = "" } of action.inputArtifacts ?? []) {
    if (!known.artifacts.has(artifact)) {
      throw actionError(`Input Artifact '${artifact}' of action '${name}' is not an output of an earlier action`);
    }
  }
  for (const { name: artifact = "" } of action.outputArtifacts ?? []) {
    if (!ARTIFACT_NAME.test(artifact)) throw actionError(`Output Artifact name '${artifact}' is invalid`);
  }
  for (const namespace of namespacesIn(configuration)) {
    if (known.namespaces.has(namespace)) continue;
    throw actionError(`Action '${name}' refers to the namespace '${namespace}', which no earlier action has`);
  }
  requireCounts(action);
}

/** How many artifacts each kind of action takes and makes. */
function requireCounts({
  name,
  actionTypeId,
  configuration,
  inputArtifacts = [],
  outputArtifacts = [],
}: ActionDeclaration): void {
  const [inputs, outputs] = [inputArtifacts.length, outputArtifacts.length];
  const wrong = (message: string) => actionError(`Action '${name}' ${message}`);
  switch (actionTypeId?.provider) {
    case "CodeStarSourceConnection":
    case "S3":
      if (inputs !== 0 || outputs !== 1) throw wrong("must have no input artifact and one output artifact");
      return;
    case "CodeBuild":
      if (inputs < 1 || inputs > 5 || outputs > 5)
        throw wrong("must have 1 to 5 input artifacts and at most 5 output artifacts");
      if (inputs > 1 && !inputArtifacts.some((artifact) => artifact.name === configuration?.PrimarySource)) {
        throw wrong("has several input artifacts, so PrimarySource must name one of them");
      }
      return;
    case "Manual":
      if (inputs + outputs > 0) throw wrong("must have no artifacts");
      return;
    default:
      if (inputs > 10 || outputs > 1) throw wrong("must have at most 10 input artifacts and one output artifact");
  }
}

export const runOrderOf = ({ runOrder }: ActionDeclaration) => runOrder ?? 1;

function requireUnique(names: readonly string[], error: (name: string) => AwsError): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw error(twice);
}

const structure = (message: string) => new AwsError("InvalidStructureException", message);
const stageError = (message: string) => new AwsError("InvalidStageDeclarationException", message);
const actionError = (message: string) => new AwsError("InvalidActionDeclarationException", message);
