import { AwsError } from "../../../core/errors.ts";
import { OPERATORS, RFC3339 } from "./choice.ts";
import { parseIntrinsic } from "./intrinsics.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { parsePath } from "./json-path.ts";

/** A state machine, or a branch of one, as its definition says; checked by `parseDefinition`. */
export interface Machine {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, JsonObject>>;
  readonly TimeoutSeconds?: number;
}

const TYPES = ["Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map"];
const PATH_FIELDS = [
  "InputPath",
  "OutputPath",
  "ResultPath",
  "ItemsPath",
  "SecondsPath",
  "TimestampPath",
  "TimeoutSecondsPath",
  "HeartbeatSecondsPath",
  "MaxConcurrencyPath",
];
/** Of Map in distributed mode, of variables, and of activities. */
const UNSUPPORTED = [
  "Assign",
  "Credentials",
  "ItemReader",
  "ItemBatcher",
  "ResultWriter",
  "ToleratedFailureCount",
  "ToleratedFailureCountPath",
  "ToleratedFailurePercentage",
  "ToleratedFailurePercentagePath",
];

/**
 * Checks a definition as CreateStateMachine does: all that is wrong with it at once. JSONata, variables and distributed
 * maps are refused by name. https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
 */
export function parseDefinition(text: string): Machine {
  let definition: unknown;
  try {
    definition = JSON.parse(text);
  } catch (error) {
    throw invalid([`INVALID_JSON_DESCRIPTION: ${(error as Error).message}`]);
  }
  if (!isObject(definition)) throw invalid(["SCHEMA_VALIDATION_FAILED: The definition must be an object at /"]);
  refuseJsonata(definition);
  const problems: string[] = [];
  checkMachine(definition, "", problems);
  if (problems.length > 0) throw invalid(problems);
  return definition as unknown as Machine;
}

function checkMachine(machine: JsonObject, at: string, problems: string[]): void {
  const missing = ["StartAt", "States"].filter((field) => machine[field] === undefined);
  if (missing.length > 0) problems.push(schema(`These fields are required: [${missing.join(", ")}]`, at || "/"));
  const states = machine.States;
  if (!isObject(states)) return;
  if (Object.keys(states).length === 0) problems.push(schema("Value cannot be empty", `${at}/States`));
  if (typeof machine.StartAt === "string" && !Object.hasOwn(states, machine.StartAt)) {
    problems.push(`MISSING_TRANSITION_TARGET: Missing 'StartAt' target: ${machine.StartAt} at ${at}/StartAt`);
  }
  for (const [name, state] of Object.entries(states)) {
    if (isObject(state)) checkState(state, `${at}/States/${name}`, states, problems);
    else problems.push(schema("A state must be an object", `${at}/States/${name}`));
  }
}

function checkState(state: JsonObject, at: string, states: JsonObject, problems: string[]): void {
  const type = String(state.Type);
  if (!TYPES.includes(type)) {
    problems.push(schema(`The field 'Type' should have one of these values: [${TYPES.join(", ")}]`, `${at}/Type`));
    return;
  }
  const unsupported = UNSUPPORTED.find((field) => state[field] !== undefined);
  if (unsupported) throw notImplemented(`the field ${unsupported} (${at})`);
  const target = (name: Json | undefined, field: string) => {
    if (typeof name === "string" && !Object.hasOwn(states, name)) {
      problems.push(
        `MISSING_TRANSITION_TARGET: Missing '${field.split("/").at(-1)}' target: ${name} at ${at}/${field}`,
      );
    }
  };
  target(state.Next, "Next");
  if (!["Succeed", "Fail", "Choice"].includes(type) && state.Next === undefined && state.End !== true) {
    problems.push(schema("These fields are required: [Next] or [End]", at));
  }
  for (const field of PATH_FIELDS) checkPath(state[field], `${at}/${field}`, problems);
  for (const field of ["Parameters", "ResultSelector", "ItemSelector"])
    checkTemplate(state[field], `${at}/${field}`, problems);
  for (const [index, rule] of rules(state.Catch)) {
    target(rule.Next, `Catch[${index}]/Next`);
    if (!Array.isArray(rule.ErrorEquals))
      problems.push(schema("These fields are required: [ErrorEquals]", `${at}/Catch[${index}]`));
  }
  CHECKS[type]?.(state, at, problems, target);
}

type Check = (
  state: JsonObject,
  at: string,
  problems: string[],
  target: (name: Json | undefined, field: string) => void,
) => void;

const CHECKS: Readonly<Record<string, Check>> = {
  Task(state, at, problems) {
    if (typeof state.Resource !== "string") problems.push(schema("These fields are required: [Resource]", at));
  },
  Wait(state, at, problems) {
    const given = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"].filter(
      (field) => state[field] !== undefined,
    );
    if (given.length !== 1) {
      problems.push(
        schema("Exactly one of these fields is required: [Seconds, SecondsPath, Timestamp, TimestampPath]", at),
      );
    }
    if (state.Timestamp !== undefined && !RFC3339.test(String(state.Timestamp))) {
      problems.push(schema("String does not match RFC3339 timestamp", `${at}/Timestamp`));
    }
  },
  Choice(state, at, problems, target) {
    target(state.Default, "Default");
    if (rules(state.Choices).length === 0) problems.push(schema("Value cannot be empty", `${at}/Choices`));
    for (const [index, rule] of rules(state.Choices)) {
      target(rule.Next, `Choices[${index}]/Next`);
      if (rule.Next === undefined)
        problems.push(schema("These fields are required: [Next]", `${at}/Choices[${index}]`));
      checkRule(rule, `${at}/Choices[${index}]`, problems);
    }
  },
  Parallel(state, at, problems) {
    const branches = rules(state.Branches);
    if (branches.length === 0) problems.push(schema("Value cannot be empty", `${at}/Branches`));
    for (const [index, branch] of branches) checkMachine(branch, `${at}/Branches[${index}]`, problems);
  },
  Map(state, at, problems) {
    const processor = state.ItemProcessor ?? state.Iterator;
    if (!isObject(processor)) {
      problems.push(schema("These fields are required: [ItemProcessor]", at));
      return;
    }
    const config = isObject(processor.ProcessorConfig) ? processor.ProcessorConfig : {};
    if (config.Mode === "DISTRIBUTED") throw notImplemented(`a distributed map (${at})`);
    checkMachine(processor, `${at}/${state.ItemProcessor ? "ItemProcessor" : "Iterator"}`, problems);
  },
};

function checkRule(rule: JsonObject, at: string, problems: string[]): void {
  const inner = [...rules(rule.And), ...rules(rule.Or)].map(([, one]) => one);
  if (isObject(rule.Not)) inner.push(rule.Not);
  for (const one of inner) checkRule(one, at, problems);
  if (inner.length > 0) return;
  if (typeof rule.Variable !== "string") problems.push(schema("These fields are required: [Variable]", at));
  const operators = Object.keys(rule).filter((name) => OPERATORS.has(name));
  if (operators.length !== 1) problems.push(schema("Exactly one comparison operator is required", at));
  checkPath(rule.Variable, `${at}/Variable`, problems);
}

function rules(value: Json | undefined): [number, JsonObject][] {
  return Array.isArray(value)
    ? value.flatMap((one, at): [number, JsonObject][] => (isObject(one) ? [[at, one]] : []))
    : [];
}

function checkPath(path: Json | undefined, at: string, problems: string[]): void {
  if (path === undefined || path === null) return;
  try {
    if (typeof path !== "string" || !path.startsWith("$")) throw new SyntaxError("not a path");
    parsePath(path);
  } catch {
    problems.push(schema("Value is not a Reference Path: Invalid path", at));
  }
}

function checkTemplate(template: Json | undefined, at: string, problems: string[]): void {
  if (Array.isArray(template)) for (const item of template) checkTemplate(item, at, problems);
  if (!isObject(template)) return;
  for (const [key, value] of Object.entries(template)) {
    if (!key.endsWith(".$")) checkTemplate(value, at, problems);
    else {
      try {
        if (typeof value !== "string") throw new SyntaxError("not a string");
        if (value.startsWith("$")) parsePath(value);
        else parseIntrinsic(value);
      } catch {
        const message = `The value for the field '${key}' must be a valid JSONPath or a valid intrinsic function call`;
        problems.push(schema(message, at));
      }
    }
  }
}

function refuseJsonata(value: Json): void {
  if (Array.isArray(value)) for (const one of value) refuseJsonata(one);
  if (!isObject(value)) return;
  if (value.QueryLanguage === "JSONata") throw notImplemented("JSONata");
  for (const one of Object.values(value)) refuseJsonata(one);
}

const schema = (message: string, at: string) => `SCHEMA_VALIDATION_FAILED: ${message} at ${at}`;

function invalid(problems: readonly string[]): AwsError {
  return new AwsError("InvalidDefinition", `Invalid State Machine Definition: '${problems.join(", ")}'`);
}

export function notImplemented(what: string): AwsError {
  return new AwsError("NotImplemented", `sandbox: Step Functions ${what} is not implemented`, { status: 501 });
}
