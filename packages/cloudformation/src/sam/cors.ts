import { isEqual, isObject, type Json, type JsonObject } from "../json.ts";
import { refusal, type Source } from "./context.ts";
import { isFunction, isTruthy } from "./values.ts";

/** SAM's names of what CORS has, and OpenAPI's. */
const CORS: Record<string, string> = {
  AllowOrigins: "allowOrigins",
  AllowHeaders: "allowHeaders",
  AllowMethods: "allowMethods",
  ExposeHeaders: "exposeHeaders",
  MaxAge: "maxAge",
  AllowCredentials: "allowCredentials",
};

/** Writes `CorsConfiguration` into the API's document. Raises `Refusal`. */
export function addCors(source: Source, document: JsonObject): void {
  const { CorsConfiguration: given } = source.properties;
  const known = document["x-amazon-apigateway-cors"] ?? {};
  if (!isObject(known)) {
    const message = "Value of 'x-amazon-apigateway-cors' must be a dictionary according to Swagger spec.";
    throw refusal(source, message, "DefinitionBody");
  }
  document["x-amazon-apigateway-cors"] = { ...known, ...corsOf(source, given) };
}

function corsOf(source: Source, given: Json | undefined): JsonObject {
  if (given === true) return { allowOrigins: ["*"] };
  if (!isObject(given)) throw refusal(source, "Invalid value for 'Cors' property.", "CorsConfiguration");
  if (isFunction(given)) return lowerKeys(given);
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(CORS, name)) {
      throw refusal(source, `Invalid key '${name}' for 'Cors' property.`, "CorsConfiguration", name);
    }
  }
  const { AllowOrigins: origins, AllowCredentials: credentials } = given;
  if (credentials === true && isEqual(origins, ["*"])) {
    const message = `Unable to add Cors configuration because 'AllowCredentials' can not be true when 'AllowOrigin' is "'*'" or not set.`;
    throw refusal(source, message, "CorsConfiguration");
  }
  // The translator makes a function in AllowOrigins the whole configuration and drops what stands beside it. API
  // Gateway would refuse that, so it is refused here, where it is written.
  if (isFunction(origins)) {
    const message = "AllowOrigins can't be a function other than the Ref of a parameter: SAM would lose the rest.";
    throw refusal(source, message, "CorsConfiguration", "AllowOrigins");
  }
  const cors: JsonObject = {};
  for (const [name, key] of Object.entries(CORS)) {
    const value = given[name];
    if (value === undefined) continue;
    if (name === "AllowCredentials" ? value === true : name === "MaxAge" || isTruthy(value)) cors[key] = value;
  }
  return cors;
}

/** A function in the place of the configuration: the names in its branches become API Gateway's. */
function lowerKeys(value: JsonObject): JsonObject {
  let text = JSON.stringify(value);
  for (const [name, key] of Object.entries(CORS)) text = text.replaceAll(name, key);
  return JSON.parse(text) as JsonObject;
}
