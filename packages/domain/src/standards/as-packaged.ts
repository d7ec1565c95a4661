import {
  expandTemplate,
  isObject,
  type Json,
  type JsonObject,
  type Parameter,
  type Path,
  type Resource,
  type Template,
  TemplateError,
} from "@turnpike/cloudformation";
import { parse } from "yaml";

/** Something of SAM's that isn't read here, and what isn't known therefore. */
export interface Unread {
  readonly id: string;
  /** `AWS::Serverless::Api`, or an event of a function such as `S3`. */
  readonly type: string;
}

const SERVERLESS = "AWS::Serverless::";
/** A resource that is there to be referred to, and about which no rule says anything. */
const STAND_IN = "Custom::Unread";
const IMPLICIT_API = "ServerlessRestApi";

const READ_TYPES = new Set(
  ["Function", "HttpApi", "LayerVersion", "SimpleTable", "StateMachine"].map((name) => SERVERLESS + name),
);
const READ_EVENTS = new Set([
  ...["HttpApi", "SQS", "DynamoDB", "SNS", "Schedule", "ScheduleV2", "EventBridgeRule", "CloudWatchEvent"],
]);

const isLocal = (value: Json | undefined): value is string => typeof value === "string" && !value.startsWith("s3://");

/**
 * A template of a repository that somebody else deploys, as `sam package` or `aws cloudformation package` would leave it:
 * folders are objects of a bucket, files beside it stand in it. What of SAM isn't read is taken out, and told.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-cli-command-reference-sam-package.html
 */
export function asPackaged(
  template: Template,
  files: ReadonlyMap<string, string> | undefined,
): { template: Template; unread: Unread[] } {
  const unread: Unread[] = [];
  const read = (uri: string) => fileOf(template, files, uri);
  const resources = new Map<string, Resource>();
  for (const [id, resource] of template.resources) {
    if (resource.type.startsWith(SERVERLESS) && !READ_TYPES.has(resource.type)) {
      unread.push({ id, type: resource.type });
      resources.set(id, { ...resource, ...standInFor(resource), extra: {} });
      continue;
    }
    const properties = packaged(resource, read);
    const events = isObject(properties.Events) && resource.type.startsWith(SERVERLESS) ? properties.Events : undefined;
    resources.set(id, {
      ...resource,
      properties: events ? { ...properties, Events: readEvents(id, events, unread) } : properties,
    });
  }
  if (unread.some(({ type }) => type === "Api") && !resources.has(IMPLICIT_API)) {
    for (const id of [IMPLICIT_API, `${IMPLICIT_API}ProdStage`]) resources.set(id, standIn());
  }
  const globals = template.globals && withPackagedGlobals(template.globals);
  const parameters = new Map([...template.parameters].map(([name, parameter]) => [name, unbound(parameter)]));
  return { template: { ...template, resources, globals, parameters }, unread };
}

/** Nobody gave a value: what stands in for it need not be one that could be given. */
function unbound(parameter: Parameter): Parameter {
  const free = { allowedPattern: undefined, minLength: undefined, maxLength: undefined };
  return { ...parameter, ...free };
}

const UNSUPPORTED = /isn't (?:supported|known here)/;
const MAX_REMOVALS = 20;

/**
 * Expands a template, leaving out what of SAM isn't read here: it is told, so that no rule takes it for kept.
 *
 * @throws TemplateError for a template that couldn't be deployed at all
 */
export function expandReadable(template: Template, values: ReadonlyMap<string, string>, unread: Unread[]): Template {
  let readable = template;
  for (let removal = 0; ; removal++) {
    try {
      return expandTemplate(readable, values);
    } catch (error) {
      if (!(error instanceof TemplateError) || removal === MAX_REMOVALS) throw error;
      const removable = error.findings.filter(({ message, path }) => UNSUPPORTED.test(message) && path);
      const before = readable;
      for (const { path } of removable) {
        readable = without(readable, path ?? []);
        unread.push({ id: String(path?.[1] ?? ""), type: String(path?.at(-1) ?? "") });
      }
      if (readable === before) throw error;
    }
  }
}

/** The template without the value at a path of its resources; itself where there is none. */
function without(template: Template, [section, id, part, ...rest]: Path): Template {
  const resource = template.resources.get(String(id));
  if (section !== "Resources" || part !== "Properties" || !resource || rest.length === 0) return template;
  const properties = structuredClone(resource.properties);
  const last = rest.at(-1);
  const holder = rest.slice(0, -1).reduce<Json | undefined>(memberOf, properties);
  if (Array.isArray(holder) && typeof last === "number") holder.splice(last, 1);
  else if (isObject(holder) && last !== undefined && last in holder) delete holder[last];
  else return template;
  return { ...template, resources: new Map(template.resources).set(String(id), { ...resource, properties }) };
}

function memberOf(value: Json | undefined, name: string | number): Json | undefined {
  if (Array.isArray(value)) return typeof name === "number" ? value[name] : undefined;
  return isObject(value) ? value[name] : undefined;
}

/** Of a REST API its stage is read, which SAM makes of what is said of the API. */
function standInFor({ type, properties }: Resource): Pick<Resource, "type" | "properties"> {
  if (type !== `${SERVERLESS}Api`) return { type: STAND_IN, properties: {} };
  const { TracingEnabled: tracing, MethodSettings: methods } = properties;
  const said = {
    ...(tracing !== undefined && { TracingEnabled: tracing }),
    ...(methods !== undefined && { MethodSettings: methods }),
  };
  return { type: "AWS::ApiGateway::Stage", properties: said };
}

function standIn(): Resource {
  return {
    ...{ type: STAND_IN, properties: {}, dependsOn: [], extra: {} },
    ...{ condition: undefined, deletionPolicy: undefined, updateReplacePolicy: undefined },
    ...{ updatePolicy: undefined, metadata: undefined },
  };
}

function readEvents(id: string, events: JsonObject, unread: Unread[]): JsonObject {
  return Object.fromEntries(
    Object.entries(events).filter(([, event]) => {
      const type = isObject(event) ? event.Type : undefined;
      if (typeof type !== "string" || READ_EVENTS.has(type)) return true;
      unread.push({ id, type });
      return false;
    }),
  );
}

const packagedCode = (uri: string): JsonObject => ({ Bucket: "packaged", Key: uri });

function packaged({ type, properties }: Resource, read: (uri: string) => Json | undefined): JsonObject {
  const changed = { ...properties };
  const replace = (from: string, to: string, value: Json | undefined) => {
    delete changed[from];
    if (value !== undefined) changed[to] = value;
  };
  switch (type) {
    case `${SERVERLESS}Function`:
      if (isLocal(properties.CodeUri)) changed.CodeUri = packagedCode(properties.CodeUri);
      // Without a word of where it is, it is beside the template.
      else if (
        properties.CodeUri === undefined &&
        properties.InlineCode === undefined &&
        properties.PackageType === undefined
      ) {
        changed.CodeUri = packagedCode(".");
      }
      break;
    case `${SERVERLESS}LayerVersion`:
      if (isLocal(properties.ContentUri)) changed.ContentUri = packagedCode(properties.ContentUri);
      break;
    case `${SERVERLESS}StateMachine`:
      if (isLocal(properties.DefinitionUri)) {
        replace("DefinitionUri", "Definition", read(properties.DefinitionUri) ?? { StartAt: "Unread", States: {} });
      }
      break;
    case `${SERVERLESS}HttpApi`:
      if (isLocal(properties.DefinitionUri)) replace("DefinitionUri", "DefinitionBody", read(properties.DefinitionUri));
      break;
    case "AWS::Lambda::Function":
      if (isLocal(properties.Code)) changed.Code = { S3Bucket: "packaged", S3Key: properties.Code };
      break;
  }
  return changed;
}

function withPackagedGlobals(globals: JsonObject): JsonObject {
  const { Function: functions, Api: _unread, ...others } = globals;
  if (!isObject(functions) || !isLocal(functions.CodeUri))
    return { ...others, ...(functions !== undefined && { Function: functions }) };
  return { ...others, Function: { ...functions, CodeUri: packagedCode(functions.CodeUri) } };
}

/** A file beside the template, read as YAML or JSON; undefined where it isn't there or is neither. */
function fileOf(template: Template, files: ReadonlyMap<string, string> | undefined, uri: string): Json | undefined {
  const folder = template.file.slice(0, template.file.lastIndexOf("/") + 1);
  const text = files?.get(`${folder}${uri.replace(/^\.\//, "")}`);
  if (text === undefined) return undefined;
  try {
    const value = parse(text, { maxAliasCount: 0 }) as Json;
    return isObject(value) ? value : undefined;
  } catch {
    // What it is then can't be said: the rules find nothing in its place.
    return undefined;
  }
}

/** The rules that an unread thing leaves open, by what it is. */
const OPEN: Readonly<Record<string, readonly string[]>> = {
  Api: ["SEC-6", "REL-4", "OPS-2", "PERF-3"],
  [`${SERVERLESS}Api`]: ["SEC-6", "PERF-3", "COST-4"],
  [`${SERVERLESS}Connector`]: ["SEC-1"],
};
const OTHERWISE = ["SEC-1", "SEC-6", "REL-2", "OPS-2"];

/** What a rule can't say because something isn't read; undefined where it can. */
export function openBecause(rule: string, unread: readonly Unread[]): string | undefined {
  const found = unread.filter(({ type }) => (OPEN[type] ?? OTHERWISE).includes(rule));
  const named = [...new Set(found.map(({ id, type }) => `${id} (${type})`))];
  return named.length > 0 ? `What ${named.join(", ")} is: it isn't read here.` : undefined;
}
