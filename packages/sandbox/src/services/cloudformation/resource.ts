import { isObject, type Json, type JsonObject, type ResourceValues, TemplateError } from "@turnpike/cloudformation";
import { AwsError } from "../../core/errors.ts";
import { OwnReason } from "./own-reason.ts";
import type { ProviderCall } from "./provider.ts";
import { providerOf } from "./providers/index.ts";
import {
  type Definition,
  isThere,
  type ResourceRecord,
  resourceKey,
  resourcesOf,
  type StackRecord,
} from "./records.ts";
import { responsesOf } from "./responses.ts";
import type { Work } from "./work.ts";

/** What `Ref` and `Fn::GetAtt` give: the stack's resources as they are now. */
export function valuesOf(work: Work, stackId: string): ResourceValues {
  const find = (logicalId: string): ResourceRecord & { physicalId: string } => {
    const record = resourcesOf(work.context.store).get(resourceKey(stackId, logicalId));
    if (record && isThere(record)) return record;
    throw new AwsError("ValidationError", `Template error: resource ${logicalId} doesn't exist yet`);
  };
  return {
    reference: (logicalId) => find(logicalId).physicalId,
    attribute(logicalId, name) {
      const record = find(logicalId);
      const value = Object.hasOwn(record.attributes, name) ? record.attributes[name] : undefined;
      if (value !== undefined) return value;
      if (isCustom(record.type)) {
        const message = `CustomResource attribute error: Vendor response doesn't contain ${name} attribute in object ${stackId}|${logicalId}`;
        throw new AwsError("ValidationError", message);
      }
      throw new AwsError("ValidationError", `Resource type ${record.type} does not support attribute {${name}}`);
    },
  };
}

/** The tags that a resource has in the end: the stack's, its own, CloudFormation's. */
export function tagsOf(
  stack: { id: string; name: string },
  definition: Definition,
  logicalId: string,
  properties: JsonObject,
): Record<string, string> {
  return {
    ...definition.tags,
    ...ownTags(properties.Tags),
    "aws:cloudformation:stack-name": stack.name,
    "aws:cloudformation:stack-id": stack.id,
    "aws:cloudformation:logical-id": logicalId,
  };
}

function ownTags(tags: Json | undefined): Record<string, string> {
  const entries = Array.isArray(tags)
    ? tags.filter(isObject).map((tag) => [String(tag.Key), String(tag.Value ?? "")] as const)
    : isObject(tags)
      ? Object.entries(tags).map(([key, value]) => [key, String(value)] as const)
      : [];
  return Object.fromEntries(entries);
}

/** What a provider is given for a resource. `roleArn`: the role that CloudFormation acts as, if not as itself. */
export function callFor(
  work: Work,
  stack: StackRecord,
  resource: {
    record: Pick<ResourceRecord, "logicalId" | "nameToken" | "type">;
    properties: JsonObject;
    tags: Readonly<Record<string, string>>;
    roleArn: string | undefined;
    isRepeated: boolean;
    signal?: AbortSignal;
    updatePolicy?: JsonObject | undefined;
    wantsSnapshot?: boolean;
    existing?: string | undefined;
    initiated?: (physicalId: string) => void;
  },
): ProviderCall {
  const { context } = work;
  const { logicalId, nameToken } = resource.record;
  const { account, region } = context;
  const scope = resource.roleArn ? { roleArn: resource.roleArn, region } : { account, region };
  return {
    send: (command, own) => context.send(command, { ...scope, ...own }),
    clock: context.clock,
    random: context.random,
    account,
    region,
    stackName: stack.name,
    stackId: stack.id,
    type: resource.record.type,
    signal: resource.signal ?? work.signal,
    updatePolicy: resource.updatePolicy,
    responses: responsesOf(context, stack, logicalId),
    wantsSnapshot: resource.wantsSnapshot ?? false,
    logicalId,
    properties: resource.properties,
    tags: resource.tags,
    isRepeated: resource.isRepeated,
    name: (longest) => physicalName(stack.name, logicalId, nameToken, longest),
    existing: resource.existing,
    initiated: resource.initiated ?? (() => undefined),
  };
}

/** `<stack>-<logical id>-<token>`; when it is too long, both parts give way, the longer one first. */
function physicalName(stackName: string, logicalId: string, token: string, longest: number): string {
  const room = longest - token.length - 2;
  const half = Math.floor(room / 2);
  const stackRoom = Math.max(half, room - logicalId.length);
  const stack = stackName.slice(0, stackRoom);
  return `${stack}-${logicalId.slice(0, room - stack.length)}-${token}`;
}

export function providerFor(type: string) {
  const provider = providerOf(type);
  // Checked before anything was created; a stack of an older sandbox may still have one.
  if (!provider) throw new AwsError("ValidationError", `The sandbox can't handle ${type}`);
  return provider;
}

export const isCustom = (type: string) => type.startsWith("Custom::") || type === "AWS::CloudFormation::CustomResource";

const OWN_REASON =
  /^(Template error|Resource type|CustomResource attribute|SSM Secure|Unable to fetch parameters|Parameters \[|Could not|Only SecretString)/;

/** Why a resource failed, in CloudFormation's words. */
export function failureReason(error: unknown, requestToken: string): string {
  if (error instanceof TemplateError) return error.findings.map((finding) => finding.message).join("; ");
  if (!(error instanceof AwsError)) throw error;
  if (error instanceof OwnReason) return error.message;
  if (error.code === "ValidationError" && OWN_REASON.test(error.message)) return error.message;
  return `Resource handler returned message: "${error.message}" (RequestToken: ${requestToken}, HandlerErrorCode: ${handlerCode(error)})`;
}

function handlerCode({ code, status }: AwsError): string {
  if (/AlreadyExist|AlreadyOwned|NameExists/.test(code)) return "AlreadyExists";
  if (/NotFound|NoSuch|NonExistent|DoesNotExist/.test(code)) return "NotFound";
  if (/AccessDenied|Unauthorized/.test(code)) return "AccessDenied";
  if (/Conflict/.test(code)) return "ResourceConflict";
  if (/Limit|TooMany/.test(code)) return "ServiceLimitExceeded";
  if (/Throttl/.test(code)) return "Throttling";
  return status !== undefined && status >= 500 ? "GeneralServiceException" : "InvalidRequest";
}
