import type { Capability } from "@aws-sdk/client-cloudformation";
import { readObject } from "../../codebuild/objects.ts";
import { looksLikeZip, readFromZip } from "../../codebuild/zip.ts";
import { ActionFailure, type ActionRun } from "./action.ts";

/** What a CloudFormation action hands to CloudFormation. */
export interface StackInput {
  readonly template: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly capabilities: Capability[];
  readonly roleArn: string | undefined;
  readonly stackPolicy: string | undefined;
}

/**
 * Template, template configuration and overrides of an action; overrides win. Artifacts are read as the action's role:
 * the artifact bucket must let another account's role in, as on AWS.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html
 */
export async function readStackInput(run: ActionRun): Promise<StackInput> {
  const { configuration } = run;
  const files = fileReader(run);
  const path = configuration.TemplatePath;
  if (!path) throw failure("Action configuration is missing required configuration 'TemplatePath'");
  const given = configuration.TemplateConfiguration;
  const settings = given ? asObject(parse(await files(given), given), given) : {};
  const overrides = configuration.ParameterOverrides
    ? asObject(parse(configuration.ParameterOverrides, "ParameterOverrides"), "ParameterOverrides")
    : {};
  const parameters: Record<string, string> = texts(settings.Parameters, `Parameters of ${given}`);
  for (const [name, value] of Object.entries(overrides)) parameters[name] = await override(run, files, name, value);
  return {
    template: await files(path),
    parameters,
    tags: texts(settings.Tags, `Tags of ${given}`),
    capabilities: (configuration.Capabilities ?? "")
      .split(",")
      .filter(Boolean)
      .map((one) => one.trim() as Capability),
    roleArn: configuration.RoleArn,
    stackPolicy: settings.StackPolicy === undefined ? undefined : JSON.stringify(settings.StackPolicy),
  };
}

type FileReader = (location: string) => Promise<string>;

/** Reads `Artifact::path`; each artifact is fetched once. */
function fileReader({ context, record, roleArn }: ActionRun): FileReader {
  const archives = new Map<string, Promise<Uint8Array>>();
  return async (location) => {
    const [artifact = "", path = ""] = location.split("::");
    const place = record.inputs[artifact];
    if (!place) throw failure(`${location}: ${artifact} isn't an input artifact of this action`);
    const archive = archives.get(artifact) ?? readObject(context, { ...place, roleArn });
    archives.set(artifact, archive);
    const bytes = await archive;
    if (!looksLikeZip(bytes)) {
      throw failure(`${location}: the artifact is a reference to a commit, which only CodeBuild actions can read`);
    }
    const file = await readFromZip(bytes, path);
    if (!file) throw failure(`File [${path}] does not exist in artifact [${artifact}]`);
    return file.toString();
  };
}

/** A text, or one of CodePipeline's two functions. */
async function override(run: ActionRun, files: FileReader, name: string, value: unknown): Promise<string> {
  if (typeof value === "string") return value;
  const call = typeof value === "object" && value !== null ? Object.entries(value) : [];
  const [[fn, args] = ["", undefined]] = call;
  if (call.length === 1 && Array.isArray(args) && args.every((one) => typeof one === "string")) {
    if (fn === "Fn::GetArtifactAtt" && args.length === 2) return artifactAttribute(run, args[0] ?? "", args[1] ?? "");
    if (fn === "Fn::GetParam" && args.length === 3) {
      const location = `${args[0]}::${args[1]}`;
      const found = asObject(parse(await files(location), location), location)[args[2] ?? ""];
      if (typeof found !== "string") throw failure(`${name}: ${location} has no text "${args[2]}"`);
      return found;
    }
  }
  throw failure(`ParameterOverrides: ${name} is neither a text nor Fn::GetArtifactAtt or Fn::GetParam`);
}

function artifactAttribute({ record }: ActionRun, artifact: string, attribute: string): string {
  const place = record.inputs[artifact];
  if (!place) throw failure(`Fn::GetArtifactAtt: ${artifact} isn't an input artifact of this action`);
  switch (attribute) {
    case "BucketName":
      return place.bucket;
    case "ObjectKey":
      return place.key;
    case "URL":
      return `https://${place.bucket}.s3.${record.region}.amazonaws.com/${place.key}`;
    default:
      throw failure(`Fn::GetArtifactAtt: ${attribute} is neither BucketName, ObjectKey nor URL`);
  }
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw failure(`${where} is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function asObject(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw failure(`${where} must be a JSON object`);
}

function texts(value: unknown, where: string): Record<string, string> {
  if (value === undefined) return {};
  return Object.fromEntries(
    Object.entries(asObject(value, where)).map(([key, item]) => {
      if (typeof item !== "string") throw failure(`${where}: ${key} must be a text`);
      return [key, item];
    }),
  );
}

const failure = (message: string) => new ActionFailure("ConfigurationError", message);
