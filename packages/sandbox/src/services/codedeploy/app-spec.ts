import { createHash } from "node:crypto";
import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import { parse } from "yaml";
import { AwsError } from "../../core/errors.ts";
import { type HookName, type Target, unsupported } from "./records.ts";

type Json = Record<string, unknown>;

const invalid = (message: string) => new AwsError("InvalidRevisionException", message);
const HOOKS: readonly string[] = ["BeforeAllowTraffic", "AfterAllowTraffic"];

/**
 * Reads the AppSpec of a Lambda deployment, YAML or JSON. Raises `InvalidRevisionException`, and refuses by name revisions
 * in S3 or GitHub and more than one function.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html
 */
export function readAppSpec(revision: RevisionLocation | undefined): Target {
  if (!revision) throw new AwsError("RevisionRequiredException", "The revision is required.");
  const type = revision.revisionType;
  if (type === "S3" || type === "GitHub") throw unsupported(`revision type ${type}`);
  const given = type === "String" ? revision.string : revision.appSpecContent;
  const content = given?.content;
  if (content === undefined) throw invalid("The AppSpec's content is missing.");
  const digest = createHash("sha256").update(content).digest("hex");
  if (given?.sha256 && given.sha256.toLowerCase() !== digest) {
    throw invalid("The SHA256 hash of the AppSpec content doesn't match the one that is given.");
  }
  const document = readDocument(content);
  const resources = Array.isArray(document.Resources ?? document.resources)
    ? ((document.Resources ?? document.resources) as Json[])
    : [];
  const described = resources.flatMap((one) => Object.values(one));
  if (described.length !== 1) throw unsupported(`an AppSpec with ${described.length} resources`);
  const { Type: kind, Properties: properties = {} } = described[0] as { Type?: string; Properties?: Json };
  if (kind !== "AWS::Lambda::Function")
    throw invalid(`AppSpec: the resource type ${kind} isn't AWS::Lambda::Function.`);
  const text = (name: string) => {
    const value = properties[name];
    if (typeof value === "string" || typeof value === "number") return String(value);
    throw invalid(`AppSpec: the property ${name} of the function is missing.`);
  };
  return {
    functionName: text("Name"),
    alias: text("Alias"),
    currentVersion: text("CurrentVersion"),
    targetVersion: text("TargetVersion"),
    hooks: readHooks(document.Hooks ?? document.hooks),
  };
}

function readDocument(content: string): Json {
  let document: unknown;
  try {
    document = parse(content, { maxAliasCount: 10 });
  } catch (error) {
    throw invalid(`The AppSpec can't be read: ${(error as Error).message}`);
  }
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    throw invalid("The AppSpec must be an object.");
  }
  return document as Json;
}

function readHooks(given: unknown): Target["hooks"] {
  if (given === undefined || given === null) return {};
  if (!Array.isArray(given)) throw invalid("AppSpec: Hooks must be a list.");
  const hooks: Partial<Record<HookName, string>> = {};
  for (const [name, value] of given.flatMap((one: unknown) => Object.entries(one as Json))) {
    if (!HOOKS.includes(name)) throw invalid(`AppSpec: "${name}" isn't a hook of a Lambda deployment.`);
    if (typeof value === "string" && value !== "") hooks[name as HookName] = value;
  }
  return hooks;
}
