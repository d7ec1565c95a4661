import { join } from "node:path";
import type { ServiceRuntime } from "../../../core/context.ts";
import type { FunctionConfig } from "../records.ts";

interface Owner {
  readonly runtime: ServiceRuntime;
  readonly account: string;
  readonly region: string;
  readonly config: FunctionConfig;
  readonly xrayAddress: string;
  readonly isProvisioned: boolean;
}

/**
 * What a function finds in its environment: the machine's named settings, its own variables, and Lambda's, which nobody
 * overrides. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export function variablesOf(
  { runtime, account, region, config, xrayAddress, isProvisioned }: Owner,
  given: { id: string; logStream: string; root: string; scratch: string; opt: string | undefined; runtimeApi: string },
): Record<string, string> {
  const { surroundings } = runtime;
  const credentials = surroundings.credentialsFor(config.role, config.name);
  const { TZ: _, ...machine } = surroundings.childEnvironment(given.scratch);
  return {
    ...machine,
    TZ: ":UTC",
    TMPDIR: given.scratch,
    AWS_ENDPOINT_URL: surroundings.awsUrl,
    ...config.environment,
    ...(given.opt === undefined ? {} : layerPaths(given.opt, { ...machine, ...config.environment })),
    _HANDLER: config.handler,
    LAMBDA_TASK_ROOT: given.root,
    LAMBDA_RUNTIME_DIR: join(import.meta.dirname, "../bootstrap"),
    AWS_LAMBDA_RUNTIME_API: given.runtimeApi,
    AWS_LAMBDA_FUNCTION_NAME: config.name,
    AWS_LAMBDA_FUNCTION_VERSION: config.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(config.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: config.logging.group,
    AWS_LAMBDA_LOG_STREAM_NAME: given.logStream,
    AWS_LAMBDA_LOG_FORMAT: config.logging.format,
    ...(config.logging.format === "JSON" ? { AWS_LAMBDA_LOG_LEVEL: config.logging.applicationLevel } : {}),
    AWS_LAMBDA_INITIALIZATION_TYPE: isProvisioned ? "provisioned-concurrency" : "on-demand",
    AWS_EXECUTION_ENV: `AWS_Lambda_${config.runtime}`,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCOUNT_ID: account,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_XRAY_DAEMON_ADDRESS: xrayAddress,
    AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
    _AWS_XRAY_DAEMON_ADDRESS: xrayAddress.split(":")[0] ?? "",
    _AWS_XRAY_DAEMON_PORT: xrayAddress.split(":")[1] ?? "",
    _LAMBDA_TELEMETRY_LOG_FD: "3",
  };
}

/** Where runtimes look for what layers bring. https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html */
function layerPaths(opt: string, own: Readonly<Record<string, string>>): Record<string, string> {
  const path = (name: string, ...folders: string[]) =>
    [...folders.map((folder) => join(opt, folder)), own[name]].filter(Boolean).join(":");
  return {
    PATH: path("PATH", "bin"),
    LD_LIBRARY_PATH: path("LD_LIBRARY_PATH", "lib"),
    NODE_PATH: path("NODE_PATH", "nodejs/node_modules"),
    PYTHONPATH: path("PYTHONPATH", "python"),
  };
}
