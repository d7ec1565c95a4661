import { isObject, type Json } from "../json.ts";
import { type Draft, draft, type Invoked, passedOn, refusal, type Source, type Transform } from "./context.ts";
import { refuseUnknownKeys } from "./properties.ts";
import { isFunction, isTruthy, ref } from "./values.ts";
import type { Published } from "./version.ts";

const CORS: Record<string, "list" | "boolean" | "number"> = {
  AllowOrigins: "list",
  AllowMethods: "list",
  AllowHeaders: "list",
  ExposeHeaders: "list",
  AllowCredentials: "boolean",
  MaxAge: "number",
};

/** `FunctionUrlConfig` → URL; without authentication, also what lets everybody call it. Raises `Refusal`. */
export function expandFunctionUrl(
  transform: Transform,
  source: Source,
  invoked: Invoked,
  published: Published | undefined,
): Draft[] {
  const { FunctionUrlConfig: config } = source.properties;
  if (!isObject(config) || isFunction(config)) {
    throw refusal(source, "FunctionUrlConfig must be a map, not a function.", "FunctionUrlConfig");
  }
  const path = [...source.path, "FunctionUrlConfig"];
  refuseUnknownKeys(transform.findings, path, "FunctionUrlConfig", config, "AuthType Cors InvokeMode");
  const { AuthType: type, Cors: cors, InvokeMode: mode } = config;
  if (!isFunction(type) && type !== "AWS_IAM" && type !== "NONE") {
    const message =
      "AuthType is required to configure function property `FunctionUrlConfig`. Please provide either AWS_IAM or NONE.";
    throw refusal(source, message, "FunctionUrlConfig", "AuthType");
  }
  checkCors(source, cors);
  const target = published ? invoked.arn : ref(source.id);
  const attributes = passedOn(source.attributes);
  const url = draft(`${source.id}Url`, "AWS::Lambda::Url", attributes, {
    TargetFunctionArn: target,
    AuthType: type,
    Cors: isTruthy(cors) ? cors : undefined,
    InvokeMode: mode,
  });
  if (type !== "NONE") return [url];
  const everybody = { FunctionName: target, Principal: "*" };
  return [
    url,
    draft(`${source.id}UrlPublicPermissions`, "AWS::Lambda::Permission", attributes, {
      ...everybody,
      Action: "lambda:InvokeFunctionUrl",
      FunctionUrlAuthType: type,
    }),
    draft(`${source.id}URLInvokeAllowPublicAccess`, "AWS::Lambda::Permission", attributes, {
      ...everybody,
      Action: "lambda:InvokeFunction",
      InvokedViaFunctionUrl: true,
    }),
  ];
}

function checkCors(source: Source, cors: Json | undefined): void {
  if (!isTruthy(cors) || isFunction(cors)) return;
  if (!isObject(cors)) throw refusal(source, "Property 'FunctionUrlConfig.Cors' should be a map.", "FunctionUrlConfig");
  for (const [name, value] of Object.entries(cors)) {
    const kind = Object.hasOwn(CORS, name) ? CORS[name] : undefined;
    if (!kind) {
      throw refusal(source, `${name} is not a valid property for configuring Cors.`, "FunctionUrlConfig", "Cors", name);
    }
    const isRight = kind === "list" ? Array.isArray(value) : typeof value === kind;
    if (isFunction(value) || isRight || (kind === "number" && typeof value === "boolean")) continue;
    throw refusal(source, `${name} must be of type ${kind}.`, "FunctionUrlConfig", "Cors", name);
  }
}
