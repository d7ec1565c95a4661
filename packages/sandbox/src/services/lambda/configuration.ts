import { createHash } from "node:crypto";
import type {
  ApplicationLogLevel,
  CreateFunctionCommandInput,
  FunctionConfiguration,
  LastUpdateStatusReasonCode,
  SystemLogLevel,
  UpdateFunctionConfigurationCommandInput,
} from "@aws-sdk/client-lambda";
import type { Context } from "../../core/context.ts";
import type { Code } from "./code.ts";
import { requireRuntime } from "./host/runtimes.ts";
import { readLayers } from "./layers.ts";
import { type FunctionConfig, functionArn, invalid, type Logging, unsupported } from "./records.ts";

type Settings = Omit<UpdateFunctionConfigurationCommandInput, "FunctionName" | "RevisionId">;

const RESERVED =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_REGION|REGION|EXECUTION_ENV|ACCESS_KEY|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)|AWS_LAMBDA_(FUNCTION_NAME|FUNCTION_MEMORY_SIZE|FUNCTION_VERSION|INITIALIZATION_TYPE|LOG_GROUP_NAME|LOG_STREAM_NAME|RUNTIME_API)|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;

const LONGEST_NAME = 64;

/** As AWS answers; the SDK's list of codes lacks it. */
const UPDATING = "Creating" as string as LastUpdateStatusReasonCode;

/** Environment variables of a function may have 4 KB together. */
const LARGEST_ENVIRONMENT_BYTES = 4096;

/** A new function's configuration, with AWS's defaults. Raises `InvalidParameterValueException`. */
export async function newConfiguration(
  context: Context,
  input: CreateFunctionCommandInput,
  code: Code,
): Promise<FunctionConfig> {
  const name = input.FunctionName ?? "";
  if (name.length > LONGEST_NAME) {
    throw invalid(
      `1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to ${LONGEST_NAME}`,
    );
  }
  if (input.PackageType === "Image") throw unsupported("with a container image");
  if (input.CodeSigningConfigArn) throw unsupported("with code signing");
  if (input.Runtime === undefined)
    throw invalid("Runtime is mandatory for functions created with deployment packages.");
  if (input.Handler === undefined)
    throw invalid("Handler is mandatory for functions created with deployment packages.");
  if (input.Architectures && input.Architectures.length !== 1) throw invalid("A function has one architecture.");
  const base: FunctionConfig = {
    name,
    version: "$LATEST",
    description: "",
    runtime: input.Runtime,
    handler: input.Handler,
    role: "",
    timeoutS: 3,
    memoryMb: 128,
    environment: {},
    architecture: input.Architectures?.[0] ?? "x86_64",
    tracing: "PassThrough",
    logging: { format: "Text", group: `/aws/lambda/${name}`, applicationLevel: "INFO", systemLevel: "INFO" },
    ephemeralStorageMb: 512,
    deadLetterArn: undefined,
    vpc: undefined,
    kmsKeyArn: undefined,
    codeSha256: code.sha256,
    codeSizeBytes: code.sizeBytes,
    revisionId: "",
    lastModified: "",
  };
  return changeConfiguration(context, base, input);
}

/** The configuration with what the input names changed. */
export async function changeConfiguration(
  context: Context,
  before: FunctionConfig,
  input: Settings,
): Promise<FunctionConfig> {
  if (input.FileSystemConfigs?.length) throw unsupported("with file systems");
  if (input.ImageConfig) throw unsupported("with a container image");
  if (input.SnapStart && input.SnapStart.ApplyOn !== "None") throw unsupported("with SnapStart");
  const role = input.Role ?? before.role;
  if (!/^arn:aws:iam::\d{12}:role\/.+$/.test(role)) throw invalid(`Role "${role}" isn't the ARN of a role.`);
  const after: FunctionConfig = {
    ...before,
    description: input.Description ?? before.description,
    runtime: input.Runtime ?? before.runtime,
    handler: input.Handler ?? before.handler,
    role,
    timeoutS: within("Timeout", input.Timeout ?? before.timeoutS, 1, 900),
    memoryMb: within("MemorySize", input.MemorySize ?? before.memoryMb, 128, 10_240),
    environment: input.Environment ? readEnvironment(input.Environment.Variables ?? {}) : before.environment,
    layers: input.Layers ? readLayers(context, input.Layers) : before.layers,
    tracing: input.TracingConfig?.Mode === undefined ? before.tracing : readTracing(input.TracingConfig.Mode),
    kmsKeyArn: input.KMSKeyArn === undefined ? before.kmsKeyArn : input.KMSKeyArn || undefined,
    logging: input.LoggingConfig ? readLogging(before, input.LoggingConfig) : before.logging,
    ephemeralStorageMb: within(
      "EphemeralStorage",
      input.EphemeralStorage?.Size ?? before.ephemeralStorageMb,
      512,
      10_240,
    ),
    deadLetterArn: input.DeadLetterConfig ? input.DeadLetterConfig.TargetArn || undefined : before.deadLetterArn,
    vpc: input.VpcConfig
      ? { subnetIds: input.VpcConfig.SubnetIds ?? [], securityGroupIds: input.VpcConfig.SecurityGroupIds ?? [] }
      : before.vpc,
    ...touched(context),
  };
  await requireRuntime(context.surroundings, after.runtime);
  return after;
}

/** AWS's name for one build of a runtime. Here a runtime is whatever this machine has: one build, the same for ever. */
function runtimeVersionArn({ region }: Pick<Context, "region">, runtime: string): string {
  return `arn:aws:lambda:${region}::runtime:${createHash("sha256").update(runtime).digest("hex")}`;
}

/** A new revision, now. */
export function touched(context: Context): Pick<FunctionConfig, "revisionId" | "lastModified"> {
  return { revisionId: context.random.uuid(), lastModified: context.clock.now().toISOString().replace("Z", "+0000") };
}

function within(name: string, value: number, from: number, to: number): number {
  if (Number.isInteger(value) && value >= from && value <= to) return value;
  throw invalid(`${name} must be a whole number from ${from} to ${to}, not ${value}.`);
}

function readEnvironment(variables: Record<string, string>): Record<string, string> {
  const reserved = Object.keys(variables).filter((key) => RESERVED.test(key));
  if (reserved.length > 0) {
    throw invalid(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(", ")}`,
    );
  }
  const wrong = Object.keys(variables).find((key) => !/^[a-zA-Z][a-zA-Z0-9_]+$/.test(key));
  if (wrong !== undefined) throw invalid(`"${wrong}" can't be the name of an environment variable.`);
  if (Buffer.byteLength(JSON.stringify(variables)) > LARGEST_ENVIRONMENT_BYTES) {
    throw invalid(
      "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.",
    );
  }
  return variables;
}

function readTracing(mode: string): FunctionConfig["tracing"] {
  if (mode === "Active" || mode === "PassThrough") return mode;
  throw invalid(`TracingConfig.Mode "${mode}" must be Active or PassThrough.`);
}

function readLogging(before: FunctionConfig, given: NonNullable<Settings["LoggingConfig"]>): Logging {
  const format = given.LogFormat ?? before.logging.format;
  if (format !== "Text" && format !== "JSON")
    throw invalid(`LoggingConfig.LogFormat "${format}" must be Text or JSON.`);
  if (format === "Text" && (given.ApplicationLogLevel || given.SystemLogLevel)) {
    throw invalid("Log levels need the log format JSON.");
  }
  return {
    format,
    group: given.LogGroup ?? before.logging.group,
    applicationLevel: given.ApplicationLogLevel ?? before.logging.applicationLevel,
    systemLevel: given.SystemLogLevel ?? before.logging.systemLevel,
  };
}

/**
 * A configuration as AWS shows it. `pending` is what the answer to a change says: by the next question it is active.
 * `qualifier` is left out where AWS shows the unqualified ARN.
 */
export function showConfiguration(
  context: Pick<Context, "account" | "region">,
  config: FunctionConfig,
  options: { qualifier?: string | undefined; pending?: "created" | "updated" } = {},
): FunctionConfiguration {
  const qualifier = options.qualifier ?? (config.version === "$LATEST" ? undefined : config.version);
  const { logging } = config;
  const levels = {
    ApplicationLogLevel: logging.applicationLevel as ApplicationLogLevel,
    SystemLogLevel: logging.systemLevel as SystemLogLevel,
  };
  return {
    FunctionName: config.name,
    FunctionArn: functionArn(context, config.name, qualifier),
    Runtime: config.runtime as FunctionConfiguration["Runtime"],
    Role: config.role,
    Handler: config.handler,
    CodeSize: config.codeSizeBytes,
    Description: config.description,
    Timeout: config.timeoutS,
    MemorySize: config.memoryMb,
    LastModified: config.lastModified,
    CodeSha256: config.codeSha256,
    Version: config.version,
    ...(config.vpc
      ? {
          VpcConfig: {
            SubnetIds: [...config.vpc.subnetIds],
            SecurityGroupIds: [...config.vpc.securityGroupIds],
            VpcId: "",
          },
        }
      : {}),
    ...(config.deadLetterArn ? { DeadLetterConfig: { TargetArn: config.deadLetterArn } } : {}),
    ...(Object.keys(config.environment).length > 0 ? { Environment: { Variables: { ...config.environment } } } : {}),
    TracingConfig: { Mode: config.tracing },
    ...(config.layers
      ? { Layers: config.layers.map(({ arn, codeSizeBytes }) => ({ Arn: arn, CodeSize: codeSizeBytes })) }
      : {}),
    RevisionId: config.revisionId,
    PackageType: "Zip",
    Architectures: [config.architecture as "arm64"],
    EphemeralStorage: { Size: config.ephemeralStorageMb },
    SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
    RuntimeVersionConfig: { RuntimeVersionArn: runtimeVersionArn(context, config.runtime) },
    KMSKeyArn: config.kmsKeyArn,
    LoggingConfig: { LogFormat: logging.format, LogGroup: logging.group, ...(logging.format === "JSON" ? levels : {}) },
    ...stateOf(options.pending),
  };
}

function stateOf(pending: "created" | "updated" | undefined): Partial<FunctionConfiguration> {
  if (pending === "created") {
    return { State: "Pending", StateReason: "The function is being created.", StateReasonCode: "Creating" };
  }
  if (pending === undefined) return { State: "Active", LastUpdateStatus: "Successful" };
  return {
    State: "Active",
    LastUpdateStatus: "InProgress",
    LastUpdateStatusReason: "The function is being created.",
    LastUpdateStatusReasonCode: UPDATING,
  };
}
