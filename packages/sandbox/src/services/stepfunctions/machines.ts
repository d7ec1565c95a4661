import type * as sdk from "@aws-sdk/client-sfn";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { type Machine, notImplemented, parseDefinition } from "./asl/definition.ts";
import { isObject, type Json } from "./asl/json.ts";
import { isSupported } from "./engine/integrations.ts";
import {
  aliases,
  getExecution,
  getMachine,
  invalid,
  isName,
  listedUntilMs,
  type MachineRecord,
  machineArn,
  machineMissing,
  machines,
  readMachineArn,
  versions,
} from "./records.ts";
import { publish, resolveVersion } from "./versions.ts";

/** Refuses tasks that would fail when they run: this sandbox doesn't know their resource. */
function checkResources(value: Json): void {
  if (Array.isArray(value)) for (const one of value) checkResources(one);
  if (!isObject(value)) return;
  if (value.Type === "Task" && typeof value.Resource === "string" && !isSupported(value.Resource)) {
    throw notImplemented(`the resource ${value.Resource}`);
  }
  for (const one of Object.values(value)) checkResources(one);
}

function checkDefinition(text: string): Machine {
  const machine = parseDefinition(text);
  checkResources(machine as unknown as Json);
  return machine;
}

function checkLogging(given: sdk.LoggingConfiguration | undefined): sdk.LoggingConfiguration {
  const { level = "OFF", includeExecutionData = false, destinations = [] } = given ?? {};
  const isMissing = level !== "OFF" && destinations.length === 0;
  const isWrong = destinations.some(
    ({ cloudWatchLogsLogGroup }) =>
      !/^arn:aws[\w-]*:logs:.*:log-group:.+:\*$/.test(cloudWatchLogsLogGroup?.logGroupArn ?? ""),
  );
  if (isMissing || isWrong) {
    throw new AwsError(
      "InvalidLoggingConfiguration",
      "Invalid Logging Configuration: Must specify exactly one Log Destination.",
    );
  }
  return { level, includeExecutionData, ...(destinations.length > 0 ? { destinations } : {}) };
}

function checkRole(roleArn: string): string {
  if (/^arn:aws[\w-]*:iam::\d{12}:role\/.+$/.test(roleArn)) return roleArn;
  throw new AwsError("InvalidArn", `Invalid Arn: 'Invalid ARN prefix: ${roleArn}'`);
}

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html */
function createStateMachine(context: Context, input: sdk.CreateStateMachineInput): sdk.CreateStateMachineOutput {
  const name = input.name ?? "";
  if (!isName(name)) throw new AwsError("InvalidName", `Invalid Name: '${name}'`);
  if (input.type === "EXPRESS") throw notImplemented("an EXPRESS state machine");
  if (input.encryptionConfiguration && input.encryptionConfiguration.type !== "AWS_OWNED_KEY") {
    throw notImplemented("a state machine's own key");
  }
  const definition = input.definition ?? "";
  checkDefinition(definition);
  const arn = machineArn(context, name);
  const logging = checkLogging(input.loggingConfiguration);
  const tracing = input.tracingConfiguration?.enabled ?? false;
  const known = machines(context).get(name);
  if (known) {
    const isSame =
      known.definition === definition &&
      known.tracing === tracing &&
      JSON.stringify(known.logging) === JSON.stringify(logging);
    if (!isSame) throw new AwsError("StateMachineAlreadyExists", `State Machine Already Exists: '${arn}'`);
    return { stateMachineArn: arn, creationDate: new Date(known.createdAtMs) };
  }
  const nowMs = context.clock.now().getTime();
  const machine: MachineRecord = {
    arn,
    name,
    roleArn: checkRole(input.roleArn ?? ""),
    definition,
    logging,
    tracing,
    tags: Object.fromEntries((input.tags ?? []).map(({ key = "", value = "" }) => [key, value])),
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    revisionId: undefined,
    nextVersion: 1,
  };
  if (input.versionDescription !== undefined && !input.publish) {
    throw invalid("Version description can only be set when publish is true");
  }
  machines(context).put(name, machine);
  const version = input.publish ? publish(context, machine, input.versionDescription) : undefined;
  return {
    stateMachineArn: arn,
    creationDate: new Date(nowMs),
    ...(version ? { stateMachineVersionArn: version.arn } : {}),
  };
}

function updateStateMachine(context: Context, input: sdk.UpdateStateMachineInput): sdk.UpdateStateMachineOutput {
  const before = getMachine(context, input.stateMachineArn);
  const { definition, roleArn, loggingConfiguration, tracingConfiguration } = input;
  if (definition === undefined && roleArn === undefined && !loggingConfiguration && !tracingConfiguration) {
    const message =
      "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified";
    throw new AwsError("MissingRequiredParameter", message);
  }
  if (definition !== undefined) checkDefinition(definition);
  const updatedAtMs = context.clock.now().getTime();
  const machine: MachineRecord = {
    ...before,
    definition: definition ?? before.definition,
    roleArn: roleArn === undefined ? before.roleArn : checkRole(roleArn),
    logging: loggingConfiguration ? checkLogging(loggingConfiguration) : before.logging,
    tracing: tracingConfiguration?.enabled ?? before.tracing,
    revisionId: context.random.uuid(),
    updatedAtMs,
  };
  machines(context).put(machine.name, machine);
  const version = input.publish ? publish(context, machine, input.versionDescription) : undefined;
  return {
    updateDate: new Date(updatedAtMs),
    ...(machine.revisionId === undefined ? {} : { revisionId: machine.revisionId }),
    ...(version ? { stateMachineVersionArn: version.arn } : {}),
  };
}

function shown(machine: MachineRecord) {
  return {
    name: machine.name,
    definition: machine.definition,
    roleArn: machine.roleArn,
    loggingConfiguration: machine.logging,
    tracingConfiguration: { enabled: machine.tracing },
    encryptionConfiguration: { type: "AWS_OWNED_KEY" as const },
    ...(machine.revisionId === undefined ? {} : { revisionId: machine.revisionId }),
  };
}

function describeStateMachine(context: Context, input: sdk.DescribeStateMachineInput): sdk.DescribeStateMachineOutput {
  const arn = input.stateMachineArn ?? "";
  const { qualifier } = readMachineArn(arn);
  const version = qualifier === undefined ? undefined : resolveVersion(context, arn);
  const machine = version?.machine ?? getMachine(context, arn);
  return {
    ...shown(machine),
    stateMachineArn: version?.arn ?? machine.arn,
    status: "ACTIVE",
    type: "STANDARD",
    creationDate: new Date(version?.createdAtMs ?? machine.createdAtMs),
    ...(version && version.description !== "" ? { description: version.description } : {}),
  };
}

/** Its running executions go on to their end, as on AWS. */
function deleteStateMachine(context: Context, input: sdk.DeleteStateMachineInput): sdk.DeleteStateMachineOutput {
  const { name } = readMachineArn(input.stateMachineArn);
  context.store.transaction(() => {
    machines(context).delete(name);
    for (const { key } of versions(context).list(`${name}/`)) versions(context).delete(key);
    for (const { key } of aliases(context).list(`${name}/`)) aliases(context).delete(key);
  });
  return {};
}

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListStateMachines.html ("eventually consistent") */
function listStateMachines(context: Context, input: sdk.ListStateMachinesInput): sdk.ListStateMachinesOutput {
  const all = machines(context)
    .list()
    .map(({ value }) => value)
    .filter(({ createdAtMs }) => createdAtMs <= listedUntilMs(context));
  const { items, nextToken } = page(all, ({ name }) => name, { token: input.nextToken, size: input.maxResults || 100 });
  return {
    stateMachines: items.map(({ arn, name, createdAtMs }) => ({
      stateMachineArn: arn,
      name,
      type: "STANDARD",
      creationDate: new Date(createdAtMs),
    })),
    ...(nextToken === undefined ? {} : { nextToken }),
  };
}

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html */
function validateDefinition(
  _: Context,
  input: sdk.ValidateStateMachineDefinitionInput,
): sdk.ValidateStateMachineDefinitionOutput {
  try {
    checkDefinition(input.definition ?? "");
    return { result: "OK", diagnostics: [], truncated: false };
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== "InvalidDefinition") throw error;
    const found = /'(.*)'$/s.exec(error.message)?.[1] ?? error.message;
    const diagnostics = found.split(/, (?=[A-Z_]+: )/).map((one) => {
      const [, code = "SCHEMA_VALIDATION_FAILED", message = one, location] =
        /^([A-Z_]+): (.*?)(?: at (\/\S*))?$/s.exec(one) ?? [];
      return { severity: "ERROR" as const, code, message, ...(location === undefined ? {} : { location }) };
    });
    return { result: "FAIL", diagnostics, truncated: false };
  }
}

function tagged(context: Context, arn: string | undefined): MachineRecord {
  const { name } = readMachineArn(arn);
  const machine = machines(context).get(name);
  if (machine?.arn === arn) return machine as MachineRecord;
  throw new AwsError("ResourceNotFound", `Resource not found: '${arn}'`, { members: { resourceName: arn } });
}

export const machineOperations: Operations<typeof sdk> = {
  CreateStateMachine: createStateMachine,
  UpdateStateMachine: updateStateMachine,
  DescribeStateMachine: describeStateMachine,
  DeleteStateMachine: deleteStateMachine,
  ListStateMachines: listStateMachines,
  ValidateStateMachineDefinition: validateDefinition,
  DescribeStateMachineForExecution: (context, input) => {
    const { machine } = getExecution(context, input.executionArn);
    return { ...shown(machine), stateMachineArn: machine.arn, updateDate: new Date(machine.updatedAtMs) };
  },
  TagResource: (context, input) => {
    const machine = tagged(context, input.resourceArn);
    const given = Object.fromEntries((input.tags ?? []).map(({ key = "", value = "" }) => [key, value]));
    machines(context).put(machine.name, { ...machine, tags: { ...machine.tags, ...given } });
    return {};
  },
  UntagResource: (context, input) => {
    const machine = tagged(context, input.resourceArn);
    const left = Object.entries(machine.tags).filter(([key]) => !input.tagKeys?.includes(key));
    machines(context).put(machine.name, { ...machine, tags: Object.fromEntries(left) });
    return {};
  },
  ListTagsForResource: (context, input) => ({
    tags: Object.entries(tagged(context, input.resourceArn).tags).map(([key, value]) => ({ key, value })),
  }),
  StartSyncExecution: (context, input) => {
    if (!machines(context).get(readMachineArn(input.stateMachineArn).name)) throw machineMissing(input.stateMachineArn);
    const message = "This operation is not supported by this type of state machine";
    throw new AwsError("StateMachineTypeNotSupported", message);
  },
};
