import { GetObjectCommand } from "@aws-sdk/client-s3";
import {
  createEvaluator,
  dependencyGraph,
  describeFinding,
  type Evaluator,
  expandTemplate,
  type Finding,
  parseTemplate,
  type Template,
  TemplateError,
} from "@turnpike/cloudformation";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { providerOf } from "./providers/index.ts";
import { type Definition, type TemplateSource, validationError } from "./records.ts";

const LONGEST_BODY = 51_200;
const LONGEST_OBJECT = 1_048_576;

/** A definition, worked out as far as it can be before anything is deployed. */
export interface Prepared {
  /** Expanded: no transform is left. */
  readonly template: Template;
  readonly evaluator: Evaluator;
}

export interface StackIdentity {
  readonly id: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  /** What other stacks export; left out where it can't be known. */
  imported?(name: string): string | undefined;
}

/** The text of a template given as a body or, in S3, by URL; undefined when neither is given. */
export async function readSource(
  context: Context,
  input: { TemplateBody?: string | undefined; TemplateURL?: string | undefined },
): Promise<TemplateSource | undefined> {
  if (input.TemplateBody !== undefined) {
    if (Buffer.byteLength(input.TemplateBody) <= LONGEST_BODY)
      return { text: input.TemplateBody, name: "TemplateBody" };
    throw validationError(
      `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${LONGEST_BODY}`,
    );
  }
  if (input.TemplateURL === undefined) return undefined;
  const [, s3Bucket] = /^s3:\/\/([^/]+)\//.exec(input.TemplateURL) ?? [];
  if (s3Bucket) throw validationError(`S3 error: Domain name specified in ${s3Bucket} is not a valid S3 domain`);
  const place = parseUrl(input.TemplateURL, context.surroundings.awsUrl);
  if (!place) throw validationError("TemplateURL must be a supported URL.");
  try {
    // Read as whoever asks: a session needs the permission itself.
    const scope = context.caller.roleArn === undefined ? {} : { roleArn: context.caller.roleArn };
    const { Body: body } = await context.send(new GetObjectCommand({ Bucket: place.bucket, Key: place.key }), scope);
    const bytes = Buffer.from(body as unknown as Uint8Array);
    if (bytes.length > LONGEST_OBJECT)
      throw validationError(`Template may not exceed ${LONGEST_OBJECT} bytes in size.`);
    return { text: bytes.toString("utf8"), name: place.key };
  } catch (error) {
    if (error instanceof AwsError && error.code !== "ValidationError")
      throw validationError(`S3 error: ${error.message}`);
    throw error;
  }
}

/** Virtual-hosted and path-style URLs of S3, and those of the sandbox's own address. */
function parseUrl(url: string, awsUrl: string): { bucket: string; key: string } | undefined {
  if (!URL.canParse(url)) return undefined;
  const { origin, hostname, pathname } = new URL(url);
  const path = decodeURIComponent(pathname.slice(1));
  const hosted = /^(.+)\.s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com$/.exec(hostname)?.[1];
  if (hosted) return path ? { bucket: hosted, key: path } : undefined;
  const isPathStyle = origin === new URL(awsUrl).origin || /^s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com$/.test(hostname);
  const [bucket, ...key] = path.split("/");
  return isPathStyle && bucket && key.length > 0 ? { bucket, key: key.join("/") } : undefined;
}

/**
 * Parses, expands and checks a definition: every resource type is one that can be deployed here, with properties that
 * are understood. Raises `TemplateError` with every finding; nothing is created before that.
 */
export function prepare(stack: StackIdentity, definition: Definition): Prepared {
  const { text, name: file } = definition.template;
  const parameters = new Map(Object.entries({ ...definition.parameters, ...definition.resolved }));
  const template = expandTemplate(parseTemplate(text, { file }), parameters, { region: stack.region });
  const evaluator = createEvaluator(template, parameters, {
    accountId: stack.account,
    region: stack.region,
    stackName: stack.name,
    stackId: stack.id,
    notificationArns: definition.notificationArns,
    ...(stack.imported ? { imported: stack.imported } : {}),
  });
  const findings: Finding[] = [];
  const unknown = new Set<string>();
  for (const id of evaluator.activeResources()) {
    const resource = template.resources.get(id);
    if (!resource) continue;
    const find = (path: string[], message: string) => {
      const full = ["Resources", id, ...path];
      findings.push({ ...template.positionOf(full), message, path: full });
    };
    for (const name of ["deletionPolicy", "updateReplacePolicy"] as const) {
      if (resource[name] !== "Snapshot" || SNAPSHOTS.test(resource.type)) continue;
      const attribute = name === "deletionPolicy" ? "DeletionPolicy" : "UpdateReplacePolicy";
      find([attribute], `Template error: resource type ${resource.type} does not support ${attribute} Snapshot`);
    }
    const provider = providerOf(resource.type);
    if (!provider) {
      const message = NOT_HERE.has(resource.type)
        ? `sandbox: ${resource.type} is not implemented`
        : `Template format error: Unrecognized resource types: [${resource.type}]`;
      if (!unknown.has(resource.type)) find(["Type"], message);
      unknown.add(resource.type);
      continue;
    }
    for (const property of provider.properties === "any" ? [] : Object.keys(resource.properties)) {
      if (provider.properties.includes(property)) continue;
      find(["Properties", property], `Encountered unsupported property ${property} of ${resource.type} (${id})`);
    }
  }
  if (findings.length > 0) throw new TemplateError(findings);
  dependencyGraph(template, evaluator.isActive);
  return { template, evaluator };
}

/** Types that make a snapshot of themselves. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html */
const SNAPSHOTS =
  /^AWS::(DocDB::DBCluster|EC2::Volume|ElastiCache::(CacheCluster|ReplicationGroup)|Neptune::DBCluster|RDS::DB(Cluster|Instance)|Redshift::Cluster)$/;

/** What CloudFormation has and the sandbox hasn't: refused by that, not as if it didn't exist. */
const NOT_HERE = new Set(
  "HookDefaultVersion HookTypeConfig HookVersion Macro ModuleDefaultVersion ModuleVersion ResourceVersion Stack StackSet WaitCondition WaitConditionHandle"
    .split(" ")
    .map((name) => `AWS::CloudFormation::${name}`),
);

/** A template's faults as CloudFormation answers them. */
export function asValidationError(error: unknown): unknown {
  return error instanceof TemplateError ? validationError(reasonOf(error)) : error;
}

/** Messages in CloudFormation's own words, which it gives one at a time and without a place. (AWS may know the type.) */
const OWN_WORDS =
  /^(?!.*Unrecognized resource types: \[AWS::)(Template format error|Template error|Template validation error|Parameters?[: ]|Invalid template|Unresolved|Circular|No export|\[\/)/;

/** What CloudFormation says, or, of what only the sandbox refuses, all of it with its place. */
export function reasonOf(error: TemplateError): string {
  const refused = error.findings.filter(({ message }) => !OWN_WORDS.test(message));
  const [first] = error.findings;
  if (refused.length === 0 && first) return first.message;
  const shown = refused.slice(0, 20).map((finding) => {
    const place = describeFinding({ ...finding, message: "" }).replace(/: $/, "");
    return `${finding.message} (${place})`;
  });
  return shown.join("\n");
}

const NAMED = new Set(["RoleName", "ManagedPolicyName", "UserName", "GroupName"]);

/** Refuses what must be acknowledged and isn't. Change sets needn't acknowledge transforms: they show what they made. */
export function requireCapabilities(
  template: Template,
  given: readonly string[],
  options: { transforms: readonly string[]; isDirect: boolean },
): void {
  const missing = (capability: string) => {
    const message = `Requires capabilities : [${capability}]`;
    return new AwsError("InsufficientCapabilitiesException", message, { status: 400 });
  };
  if (options.isDirect && options.transforms.length > 0 && !given.includes("CAPABILITY_AUTO_EXPAND")) {
    throw missing("CAPABILITY_AUTO_EXPAND");
  }
  const { capabilities } = neededCapabilities(template);
  if (capabilities.includes("CAPABILITY_NAMED_IAM") && !given.includes("CAPABILITY_NAMED_IAM")) {
    throw missing("CAPABILITY_NAMED_IAM");
  }
  const hasEither = given.includes("CAPABILITY_IAM") || given.includes("CAPABILITY_NAMED_IAM");
  if (capabilities.length > 0 && !hasEither) throw missing("CAPABILITY_IAM");
}

export function neededCapabilities(template: Template): { capabilities: string[]; types: string[] } {
  const iam = [...template.resources.values()].filter(({ type }) => type.startsWith("AWS::IAM::"));
  const isNamed = iam.some(({ properties }) => Object.keys(properties).some((name) => NAMED.has(name)));
  const capabilities = iam.length === 0 ? [] : [isNamed ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM"];
  return { capabilities, types: [...new Set(iam.map(({ type }) => type))] };
}
