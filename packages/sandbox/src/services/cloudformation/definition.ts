import type { Parameter, Tag } from "@aws-sdk/client-cloudformation";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { parseTemplate, type Template } from "@turnpike/cloudformation";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { storedParameters } from "./dynamic-references.ts";
import { asValidationError, readSource } from "./prepare.ts";
import { type Definition, type StackRecord, validationError } from "./records.ts";

/** What CreateStack, UpdateStack and CreateChangeSet have in common. */
export interface DefinitionInput {
  readonly StackName?: string | undefined;
  readonly TemplateBody?: string | undefined;
  readonly TemplateURL?: string | undefined;
  readonly UsePreviousTemplate?: boolean | undefined;
  readonly Parameters?: Parameter[] | undefined;
  readonly Tags?: Tag[] | undefined;
  readonly Capabilities?: string[] | undefined;
  readonly RoleARN?: string | undefined;
  readonly NotificationARNs?: string[] | undefined;
}

/** Reads a definition from an operation's input; `previous` is the stack it would change. */
export async function readDefinition(
  context: Context,
  input: DefinitionInput,
  previous: StackRecord | undefined,
): Promise<Definition> {
  const before = previous?.deployed;
  const source = input.UsePreviousTemplate ? before?.template : await readSource(context, input);
  if (!source) throw validationError("Either Template URL or Template Body must be specified.");
  const roleArn = input.RoleARN ?? before?.roleArn;
  if (roleArn) await requireAssumable(context, roleArn);
  const template = parse(source.text, source.name);
  const parameters = readParameters(input.Parameters ?? [], template, before);
  const resolved = await storedParameters(context.send, template, parameters);
  return {
    template: source,
    parameters,
    ...(Object.keys(resolved).length > 0 ? { resolved } : {}),
    tags: input.Tags ? readTags(input.Tags) : (before?.tags ?? {}),
    capabilities: [...(input.Capabilities ?? [])],
    roleArn,
    notificationArns: input.NotificationARNs ?? before?.notificationArns ?? [],
    description: template.description,
  };
}

export function parse(text: string, file: string): Template {
  let template: Template;
  try {
    template = parseTemplate(text, { file });
  } catch (error) {
    throw asValidationError(error);
  }
  const { parameters, mappings, resources, outputs } = template;
  requireAtMost("mappings", Object.keys(mappings).length, 200);
  requireAtMost("parameters", parameters.size, 200);
  requireAtMost("resources", resources.size, 500);
  requireAtMost("outputs", outputs.size, 200);
  return template;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
function requireAtMost(what: string, count: number, most: number): void {
  if (count <= most) return;
  throw validationError(`Template format error: Number of ${what}, ${count}, is greater than maximum allowed, ${most}`);
}

function readParameters(
  given: readonly Parameter[],
  template: Template,
  before: Definition | undefined,
): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const { ParameterKey: key, ParameterValue: value, UsePreviousValue: usesPrevious } of given) {
    if (!key) throw validationError("Parameter key must not be empty.");
    if (!usesPrevious) {
      if (value !== undefined) parameters[key] = value;
      continue;
    }
    const last = before?.parameters[key];
    if (last === undefined && template.parameters.get(key)?.defaultValue === undefined) {
      throw validationError(
        `Invalid input for parameter key ${key}. Cannot specify usePreviousValue as true for a parameter key not in the previous template`,
      );
    }
    if (last !== undefined) parameters[key] = last;
  }
  return parameters;
}

function readTags(tags: readonly Tag[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (const { Key: key = "", Value: value = "" } of tags) {
    if (key.toLowerCase().startsWith("aws:")) {
      throw validationError(`aws: prefixed tag key names are not allowed for external use.`);
    }
    result[key] = value;
  }
  return result;
}

/** CloudFormation acts as the role: it must be trusted by it, now, or nothing is begun. */
async function requireAssumable(context: Context, roleArn: string): Promise<void> {
  try {
    await context.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: "AWSCloudFormation" }));
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw validationError(`Role ${roleArn} is invalid or cannot be assumed`);
  }
}

const STACK_NAME = /^[a-zA-Z][-a-zA-Z0-9]*$/;

export function requireStackName(name: string | undefined): string {
  if (name !== undefined && STACK_NAME.test(name) && name.length <= 128) return name;
  throw validationError(
    `1 validation error detected: Value '${name ?? ""}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*`,
  );
}
