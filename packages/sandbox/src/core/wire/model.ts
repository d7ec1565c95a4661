import { NormalizedSchema } from "@smithy/core/schema";
import type { StaticSchema } from "@smithy/types";
import type { ServiceDefinition } from "../service.ts";

/** How a service's SDK client speaks. SQS, CloudWatch and others are understood in further protocols too. */
export type Protocol = "query" | "ec2Query" | "json1.0" | "json1.1" | "restJson" | "restXml" | "cbor";

export interface OperationModel {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
  /** `["POST", "/2015-03-31/functions", 201]` in REST protocols. */
  readonly http: readonly [method: string, uri: string, status: number] | undefined;
}

/** A service as its SDK client describes it. */
export interface ServiceModel {
  /** Under which its state is kept: `cloudwatchlogs`, the last part of the Smithy namespace. */
  readonly name: string;
  /** As AWS spells it: `CloudWatch Logs`. */
  readonly serviceId: string;
  readonly namespace: string;
  readonly protocol: Protocol;
  readonly version: string;
  /** Before the dot of `X-Amz-Target`. */
  readonly target: string;
  readonly xmlNamespace: string;
  /** The service was a query service once, and its clients still expect the old error codes in a header. */
  readonly queryCompatible: boolean;
  /** Service name in a signature's credential scope. */
  readonly signingName: string;
  /** That name, and those under which other clients sign for the same shapes. */
  readonly signingNames: readonly string[];
  readonly operations: ReadonlyMap<string, OperationModel>;
  readonly errors: ReadonlyMap<string, NormalizedSchema>;
  readonly definition: ServiceDefinition;
}

interface ClientConfig {
  readonly serviceId: string;
  readonly defaultSigningName: string;
  readonly protocol: { getShapeId(): string };
  readonly protocolSettings: {
    readonly defaultNamespace: string;
    readonly version: string;
    readonly serviceTarget: string;
    readonly xmlNamespace?: string;
    readonly awsQueryCompatible?: boolean;
  };
}

type ClientClass = new (options: object) => { readonly config: ClientConfig; destroy(): void };

/** Schema ids of `@smithy/types`' StaticSchema. */
const OPERATION = 9;
const ERROR = -3;

const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  "aws.protocols#awsQuery": "query",
  "aws.protocols#ec2Query": "ec2Query",
  "aws.protocols#awsJson1_0": "json1.0",
  "aws.protocols#awsJson1_1": "json1.1",
  "aws.protocols#restJson1": "restJson",
  "aws.protocols#restXml": "restXml",
  "smithy.protocols#rpcv2Cbor": "cbor",
};

/** CodeConnections renamed itself: newer clients (the CLI's `codeconnections`) sign under the new name. */
const SIGNING_ALIASES: Readonly<Record<string, readonly string[]>> = { "codestar-connections": ["codeconnections"] };

/**
 * Reads a service's operations, shapes and errors out of its SDK client module: those modules export the Smithy schemas
 * (`CreateStack$`, …) with their HTTP and XML traits, and a client's configuration names protocol, version and signing
 * name. The schemas carry no enum values and no length limits, so operations check those themselves.
 */
export function loadModel(definition: ServiceDefinition): ServiceModel {
  const Client = definition.sdk[definition.client] as ClientClass;
  const client = new Client({ region: "us-east-1", credentials: { accessKeyId: "none", secretAccessKey: "none" } });
  const { config } = client;
  client.destroy();
  const protocol = PROTOCOLS[config.protocol.getShapeId()];
  if (!protocol)
    throw new Error(`${definition.client} speaks ${config.protocol.getShapeId()}, which isn't known here.`);

  const operations = new Map<string, OperationModel>();
  const errors = new Map<string, NormalizedSchema>();
  for (const [name, schema] of Object.entries(definition.sdk)) {
    if (!name.endsWith("$") || !Array.isArray(schema)) continue;
    const shape = schema as StaticSchema;
    if (shape[0] === OPERATION) operations.set(shape[2], readOperation(shape));
    else if (shape[0] === ERROR) errors.set(shape[2], NormalizedSchema.of(shape));
  }
  for (const name of Object.keys(definition.operations)) {
    if (!operations.has(name)) throw new Error(`${config.serviceId} has no operation "${name}".`);
  }
  const settings = config.protocolSettings;
  return {
    name: settings.defaultNamespace.split(".").at(-1) ?? settings.defaultNamespace,
    serviceId: config.serviceId,
    namespace: settings.defaultNamespace,
    protocol,
    version: settings.version,
    target: settings.serviceTarget,
    xmlNamespace: settings.xmlNamespace ?? "",
    queryCompatible: settings.awsQueryCompatible ?? false,
    signingName: config.defaultSigningName,
    signingNames: [config.defaultSigningName, ...(SIGNING_ALIASES[config.defaultSigningName] ?? [])],
    operations,
    errors,
    definition,
  };
}

function readOperation(shape: Extract<StaticSchema, { 0: typeof OPERATION }>): OperationModel {
  const [, , name, , input, output] = shape;
  const { http } = NormalizedSchema.of([0, shape[1], name, shape[3], 0]).getMergedTraits() as {
    http?: [string, string, number];
  };
  return { name, input: NormalizedSchema.of(input), output: NormalizedSchema.of(output), http };
}

/** A structure's required members: its schema lists them first and says how many they are. */
export function requiredMembers(schema: NormalizedSchema): string[] {
  if (!schema.isStructSchema()) return [];
  const [, , , , names, , required] = schema.getSchema() as unknown as [0, 0, 0, 0, string[], 0, number?];
  return required ? names.slice(0, required) : [];
}
