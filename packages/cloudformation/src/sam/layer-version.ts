import { isObject, type Json, type JsonObject } from "../json.ts";
import { codeLocation } from "./code.ts";
import { draft, type Expanded, passedOn, refusal, type Source, type Transform } from "./context.ts";
import { hashSuffix } from "./logical-id.ts";
import { checkProperties, propertyRules } from "./properties.ts";
import { isFunction, isTruthy, resolveParameters } from "./values.ts";

const RULES = propertyRules({
  text: "Description LicenseInfo RetentionPolicy",
  textOrMap: "LayerName ContentUri",
  flag: "PublishLambdaVersion",
  textsOrMaps: "CompatibleArchitectures CompatibleRuntimes",
  required: "ContentUri",
});

/**
 * `AWS::Serverless::LayerVersion` → a layer whose logical id changes with what it is, so that a change makes a new
 * version and `Retain` keeps the old. `dependsOn` is that attribute as it was written.
 */
export function expandLayerVersion(transform: Transform, source: Source, dependsOn: Json | undefined): Expanded {
  const { properties, attributes } = source;
  checkProperties(transform.findings, source, properties, RULES);
  for (const name of ["LayerName", "LicenseInfo", "Description", "RetentionPolicy"]) {
    const value = properties[name];
    if (isTruthy(value)) properties[name] = resolveParameters(value, transform.parameters);
  }
  const retention = readRetention(source);
  const { CompatibleArchitectures: architectures, ContentUri: uri = null } = properties;
  const known = Array.isArray(architectures) ? architectures : [];
  if (known.some((name) => !isFunction(name) && name !== "arm64" && name !== "x86_64")) {
    const message = "CompatibleArchitectures needs to be a list of 'x86_64' or 'arm64'";
    throw refusal(source, message, "CompatibleArchitectures");
  }
  const written: JsonObject = { Type: source.type, Properties: properties };
  if (isTruthy(dependsOn)) written.DependsOn = dependsOn;
  if (attributes.condition !== undefined) written.Condition = attributes.condition;
  if (attributes.updatePolicy) written.UpdatePolicy = attributes.updatePolicy;
  const id = `${source.id}${hashSuffix({ [source.id]: written })}`;
  const made = passedOn(attributes);
  const layer = draft(
    id,
    "AWS::Lambda::LayerVersion",
    { ...made, deletionPolicy: retention ?? made.deletionPolicy ?? "Retain" },
    {
      LayerName: isTruthy(properties.LayerName) ? properties.LayerName : source.id,
      Description: properties.Description,
      Content: codeLocation(source, "ContentUri", isObject(uri) || typeof uri === "string" ? uri : null),
      CompatibleArchitectures: architectures,
      CompatibleRuntimes: properties.CompatibleRuntimes,
      LicenseInfo: properties.LicenseInfo,
    },
    source.dependsOn,
  );
  return { drafts: [layer], referable: {}, renamedTo: id };
}

function readRetention(source: Source): "Retain" | "Delete" | undefined {
  const { RetentionPolicy: given } = source.properties;
  if (given === undefined) return undefined;
  const lower = typeof given === "string" ? given.toLowerCase() : "";
  if (lower === "retain") return "Retain";
  if (lower === "delete") return "Delete";
  const message = isFunction(given)
    ? "'RetentionPolicy' does not accept intrinsic functions, please use one of the following options: ['Retain', 'Delete']"
    : "'RetentionPolicy' must be one of the following options: ['Retain', 'Delete'].";
  throw refusal(source, message, "RetentionPolicy");
}
