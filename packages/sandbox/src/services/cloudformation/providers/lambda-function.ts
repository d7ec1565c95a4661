import {
  CreateFunctionCommand,
  type CreateFunctionRequest,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  PutFunctionConcurrencyCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { isEqual, isObject, type JsonObject } from "@turnpike/cloudformation";
import { zipSync } from "fflate";
import { AwsError } from "../../../core/errors.ts";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { createOnce, goneTags, number, object, present, tagMap, text, texts } from "./values.ts";

/** While Lambda works on a function it refuses further changes; on the sandbox that is over at once or soon. */
const LOOK_AGAIN_MS = 20;
const MOST_LOOKS = 1500;

const lambdaFunction = defineProvider({
  type: "AWS::Lambda::Function",
  properties: [
    "Architectures",
    "Code",
    "DeadLetterConfig",
    "Description",
    "Environment",
    "EphemeralStorage",
    "FunctionName",
    "Handler",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "PackageType",
    "ReservedConcurrentExecutions",
    "Role",
    "Runtime",
    "Tags",
    "Timeout",
    "TracingConfig",
    "VpcConfig",
  ],
  required: ["Code", "Role"],
  takesTags: true,
  async create(call) {
    const FunctionName = text(call.properties.FunctionName) ?? call.name(64);
    const Code = codeOf(call);
    await createOnce(call, () =>
      call.send(
        new CreateFunctionCommand({
          ...(present({ ...configuration(call), FunctionName }) as unknown as CreateFunctionRequest),
          Code,
          ...(call.properties.Architectures === undefined
            ? {}
            : { Architectures: texts(call.properties.Architectures) as "arm64"[] }),
          PackageType: text(call.properties.PackageType) as "Zip" | undefined,
          Tags: tagMap(call),
        }),
      ),
    );
    call.initiated(FunctionName);
    await settled(call, FunctionName);
    await putConcurrency(call, FunctionName, {});
    return madeFunction(call, FunctionName);
  },
  async update(call, { physicalId: FunctionName, properties: before, tags }) {
    const { properties, send } = call;
    const isOther = (name: string) => !isEqual(properties[name], before[name]);
    if (isOther("Code") || isOther("Architectures")) {
      const Architectures = texts(properties.Architectures) as "arm64"[];
      await send(
        new UpdateFunctionCodeCommand({
          FunctionName,
          ...codeOf(call),
          ...(Architectures.length > 0 ? { Architectures } : {}),
        }),
      );
      await settled(call, FunctionName);
    }
    await send(
      new UpdateFunctionConfigurationCommand({
        ...emptied(before),
        ...present(configuration(call)),
        FunctionName,
      } as never),
    );
    await settled(call, FunctionName);
    await putConcurrency(call, FunctionName, before);
    const Resource = arnOf(call, FunctionName);
    await send(new TagResourceCommand({ Resource, Tags: tagMap(call) }));
    const TagKeys = goneTags(call, tags);
    if (TagKeys.length > 0) await send(new UntagResourceCommand({ Resource, TagKeys }));
    return madeFunction(call, FunctionName);
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteFunctionCommand({ FunctionName: physicalId }));
  },
});

const PASSED_ON = [
  "DeadLetterConfig",
  "Environment",
  "EphemeralStorage",
  "LoggingConfig",
  "TracingConfig",
  "VpcConfig",
];

function configuration(call: ProviderCall): JsonObject & { [name: string]: never } {
  const { properties } = call;
  const input: Record<string, unknown> = {
    Description: text(properties.Description),
    Handler: text(properties.Handler),
    KMSKeyArn: text(properties.KmsKeyArn),
    MemorySize: number(properties.MemorySize),
    Role: text(properties.Role),
    Runtime: text(properties.Runtime),
    Timeout: number(properties.Timeout),
    Layers: properties.Layers === undefined ? undefined : texts(properties.Layers),
  };
  for (const name of PASSED_ON) input[name] = properties[name];
  const { Environment: environment } = properties;
  if (isObject(environment)) {
    const entries = Object.entries(object(environment.Variables)).map(([key, value]) => [key, text(value) ?? ""]);
    input.Environment = { Variables: Object.fromEntries(entries) };
  }
  if (isObject(properties.EphemeralStorage))
    input.EphemeralStorage = { Size: number(properties.EphemeralStorage.Size) };
  return input as never;
}

/** What a template no longer says goes back to Lambda's own value. */
function emptied(before: JsonObject): object {
  const defaults: Record<string, unknown> = {
    Description: "",
    Environment: { Variables: {} },
    MemorySize: 128,
    Timeout: 3,
    Layers: [],
    TracingConfig: { Mode: "PassThrough" },
    DeadLetterConfig: { TargetArn: "" },
    KMSKeyArn: "",
  };
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => before[name] !== undefined));
}

function codeOf(call: ProviderCall) {
  const code = object(call.properties.Code);
  if (code.ImageUri !== undefined)
    throw new AwsError("InvalidRequest", "sandbox: functions from images aren't supported");
  if (code.ZipFile === undefined) {
    return present({
      S3Bucket: text(code.S3Bucket),
      S3Key: text(code.S3Key),
      S3ObjectVersion: text(code.S3ObjectVersion),
    });
  }
  // Inline code is a file that the service zips; Python's handlers are in modules, all others here in JavaScript.
  const file = (text(call.properties.Runtime) ?? "").startsWith("python") ? "index.py" : "index.js";
  const zip = zipSync(
    { [file]: new TextEncoder().encode(text(code.ZipFile) ?? "") },
    { mtime: "1980-01-01T00:00:00Z" },
  );
  return { ZipFile: zip };
}

async function putConcurrency(call: ProviderCall, FunctionName: string, before: JsonObject): Promise<void> {
  const reserved = number(call.properties.ReservedConcurrentExecutions);
  if (reserved !== undefined) {
    await call.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: reserved }));
  } else if (before.ReservedConcurrentExecutions !== undefined) {
    await call.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
  }
}

async function settled(call: ProviderCall, FunctionName: string): Promise<void> {
  for (let look = 0; look < MOST_LOOKS; look++) {
    const state = await call.send(new GetFunctionConfigurationCommand({ FunctionName }));
    if (state.State === "Failed" || state.LastUpdateStatus === "Failed") {
      const reason = state.StateReason ?? state.LastUpdateStatusReason ?? "the function failed to become active";
      throw new AwsError("InvalidRequest", reason);
    }
    if (state.State !== "Pending" && state.LastUpdateStatus !== "InProgress") return;
    await call.clock.sleep(LOOK_AGAIN_MS);
  }
  throw new AwsError("GeneralServiceException", `Function ${FunctionName} didn't become active in time.`, {
    status: 500,
  });
}

const arnOf = (call: ProviderCall, name: string) => `arn:aws:lambda:${call.region}:${call.account}:function:${name}`;

async function madeFunction(call: ProviderCall, FunctionName: string): Promise<Made> {
  const { Configuration: made } = await call.send(new GetFunctionCommand({ FunctionName }));
  return { physicalId: FunctionName, attributes: { Arn: made?.FunctionArn ?? arnOf(call, FunctionName) } };
}

export const functionProviders = [lambdaFunction];
