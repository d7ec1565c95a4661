import { isObject, type Json, type JsonObject, type Path } from "./json.ts";
import { type FindingList, findingsOf, type Parameter, type Template } from "./template.ts";

/**
 * `AWS::EC2::Subnet::Id` and its like are text to a template; only their console form differs. Of `AWS::SSM::Parameter::Value`
 * the value given here is the one that Parameter Store has, not the parameter's name.
 */
const TYPE =
  /^(String|Number|CommaDelimitedList|List<(String|Number|AWS::[A-Za-z0-9:]+)>|AWS::EC2::[A-Za-z0-9:]+|AWS::SSM::Parameter::Name|AWS::SSM::Parameter::Value<[A-Za-z0-9:<>]+>)$/;
const MEMBERS = new Set(
  "Type Default Description AllowedValues AllowedPattern ConstraintDescription MinLength MaxLength MinValue MaxValue NoEcho".split(
    " ",
  ),
);

/** What a parameter's `Ref` gives: text, or a list for the list types. */
export type ParameterValue = string | string[];

export function parseParameter(id: string, declared: Json, findings: FindingList): Parameter | undefined {
  const path: Path = ["Parameters", id];
  if (!isObject(declared) || typeof declared.Type !== "string") {
    findings.add(path, "Template format error: Every Parameters object must contain a Type member.");
    return undefined;
  }
  for (const name of Object.keys(declared)) {
    if (!MEMBERS.has(name)) findings.add([...path, name], `Invalid template parameter property '${name}'`);
  }
  if (!TYPE.test(declared.Type)) {
    findings.add([...path, "Type"], `Template format error: Unrecognized parameter type: ${declared.Type}`);
  }
  const allowed = declared.AllowedValues;
  const parameter: Parameter = {
    type: declared.Type,
    defaultValue: textOf(declared.Default),
    description: textOf(declared.Description),
    allowedValues: Array.isArray(allowed) ? allowed.map((value) => textOf(value) ?? "") : undefined,
    allowedPattern: textOf(declared.AllowedPattern),
    constraintDescription: textOf(declared.ConstraintDescription),
    minLength: numberOf(declared.MinLength),
    maxLength: numberOf(declared.MaxLength),
    minValue: numberOf(declared.MinValue),
    maxValue: numberOf(declared.MaxValue),
    noEcho: declared.NoEcho === true || declared.NoEcho === "true",
  };
  if (parameter.allowedPattern !== undefined && !patternOf(parameter.allowedPattern)) {
    findings.add([...path, "AllowedPattern"], "Template format error: AllowedPattern isn't a regular expression.");
  }
  return parameter;
}

/** The section as CloudFormation writes it, for the processed template. */
export function parameterSection(template: Template): JsonObject {
  const section: JsonObject = {};
  for (const [id, parameter] of template.parameters) {
    const body: JsonObject = { Type: parameter.type };
    const put = (name: string, value: Json | undefined) => {
      if (value !== undefined) body[name] = value;
    };
    put("Default", parameter.defaultValue);
    put("Description", parameter.description);
    put("AllowedValues", parameter.allowedValues && [...parameter.allowedValues]);
    put("AllowedPattern", parameter.allowedPattern);
    put("ConstraintDescription", parameter.constraintDescription);
    put("MinLength", parameter.minLength);
    put("MaxLength", parameter.maxLength);
    put("MinValue", parameter.minValue);
    put("MaxValue", parameter.maxValue);
    if (parameter.noEcho) body.NoEcho = true;
    section[id] = body;
  }
  return section;
}

/**
 * The value of each declared parameter, as text: the one given, else the default. Raises `TemplateError` for a value
 * that is missing, not allowed or not declared, in CloudFormation's words.
 */
export function parameterValues(template: Template, given: ReadonlyMap<string, string>): Map<string, string> {
  const findings = findingsOf(template.positionOf);
  const values = new Map<string, string>();
  const unknown = [...given.keys()].filter((name) => !template.parameters.has(name));
  if (unknown.length > 0) {
    findings.add(["Parameters"], `Parameters: [${unknown.join(", ")}] do not exist in the template`);
  }
  const missing: string[] = [];
  for (const [name, parameter] of template.parameters) {
    const value = given.get(name) ?? parameter.defaultValue;
    if (value === undefined) missing.push(name);
    else {
      values.set(name, value);
      const complaint = judge(name, parameter, value);
      if (complaint) findings.add(["Parameters", name], complaint);
    }
  }
  if (missing.length > 0) {
    findings.add(["Parameters", missing[0] ?? ""], `Parameters: [${missing.join(", ")}] must have values`);
  }
  findings.raise();
  return values;
}

/** Text, or for a list type the trimmed parts of a comma-delimited list. */
export function referenceValue(parameter: Parameter, text: string): ParameterValue {
  const type = /^AWS::SSM::Parameter::Value<(.+)>$/.exec(parameter.type)?.[1] ?? parameter.type;
  const isList = type === "CommaDelimitedList" || type.startsWith("List<");
  return isList ? text.split(",").map((part) => part.trim()) : text;
}

function judge(name: string, parameter: Parameter, value: string): string | undefined {
  const reason = (fallback: string) => {
    const said = parameter.constraintDescription;
    return said ? `Parameter '${name}' failed to satisfy constraint: ${said}` : fallback;
  };
  const items = [referenceValue(parameter, value)].flat();
  if (/Number/.test(parameter.type)) {
    if (items.some((item) => item.trim() === "" || !Number.isFinite(Number(item)))) {
      return `Parameter '${name}' must be a number.`;
    }
    const { minValue = -Infinity, maxValue = Infinity } = parameter;
    if (items.some((item) => Number(item) < minValue || Number(item) > maxValue)) {
      return reason(`Parameter '${name}' must be a number between ${minValue} and ${maxValue}`);
    }
  }
  const { allowedValues, allowedPattern } = parameter;
  if (allowedValues && items.some((item) => !allowedValues.includes(item))) {
    return reason(`Parameter '${name}' must be one of AllowedValues`);
  }
  if (allowedPattern !== undefined && items.some((item) => !patternOf(allowedPattern)?.test(item))) {
    return reason(`Parameter '${name}' must match pattern ${allowedPattern}`);
  }
  if (parameter.type === "String" && parameter.minLength !== undefined && value.length < parameter.minLength) {
    return reason(`Parameter '${name}' must contain at least ${parameter.minLength} characters`);
  }
  if (parameter.type === "String" && parameter.maxLength !== undefined && value.length > parameter.maxLength) {
    return reason(`Parameter '${name}' must contain at most ${parameter.maxLength} characters`);
  }
  return undefined;
}

/** The whole value must match, as in Java's `matches`. */
function patternOf(pattern: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function textOf(value: Json | undefined): string | undefined {
  if (value === undefined || value === null || typeof value === "object") return undefined;
  return String(value);
}

function numberOf(value: Json | undefined): number | undefined {
  const number = typeof value === "string" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}
