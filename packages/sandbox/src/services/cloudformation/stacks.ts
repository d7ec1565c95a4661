import type * as sdk from "@aws-sdk/client-cloudformation";
import type { Parameter, RollbackConfiguration, Stack, StackStatus } from "@aws-sdk/client-cloudformation";
import { changesBetween } from "@turnpike/cloudformation";
import { matchesPattern } from "../../core/authorization/match.ts";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { deployedState, expectedImports, takesStackTags } from "./compare.ts";
import { type DefinitionInput, parse, readDefinition, requireStackName } from "./definition.ts";
import { engineOf } from "./engine.ts";
import { createJournal } from "./journal.ts";
import { asValidationError, type Prepared, prepare, requireCapabilities } from "./prepare.ts";
import {
  changeSetsOfStack,
  type Definition,
  findStack,
  namesOf,
  type OperationRecord,
  putChangeSet,
  type StackRecord,
  stacksOf,
  tokensOf,
  validationError,
} from "./records.ts";
import { readStackPolicy } from "./stack-policy.ts";

/** Statuses from which a stack may be updated. */
const UPDATABLE = new Set<StackStatus>([
  "CREATE_COMPLETE",
  "UPDATE_COMPLETE",
  "UPDATE_ROLLBACK_COMPLETE",
  "CREATE_FAILED",
  "UPDATE_FAILED",
]);

export const stackOperations: Operations<typeof sdk> = {
  async CreateStack(context, input) {
    const name = requireStackName(input.StackName);
    const known = repeated(context, "CreateStack", input);
    if (known) return { StackId: known };
    const existing = findStack(context, name);
    if (existing && existing.status !== "REVIEW_IN_PROGRESS") {
      throw new AwsError("AlreadyExistsException", `Stack [${name}] already exists`, { status: 400 });
    }
    if (input.OnFailure && input.DisableRollback !== undefined) {
      throw validationError("Either DisableRollback or OnFailure can be specified, not both.");
    }
    refuseUnsupported(input);
    const stackPolicy = await readStackPolicy(context, input.StackPolicyBody, input.StackPolicyURL);
    const definition = await readDefinition(context, input, undefined);
    const id = existing?.id ?? newStackId(context, name);
    const prepared = prepareOrRefuse(context, { id, name }, definition, true);
    requireResourceTypes(prepared, input.ResourceTypes);
    const onFailure = input.OnFailure ?? (input.DisableRollback ? "DO_NOTHING" : "ROLLBACK");
    const stack = existing ?? newStack(context, { id, name, definition, status: "CREATE_IN_PROGRESS" });
    begin(
      context,
      {
        ...stack,
        definition,
        disableRollback: onFailure === "DO_NOTHING",
        terminationProtection: input.EnableTerminationProtection ?? false,
        timeoutMinutes: input.TimeoutInMinutes,
        stackPolicy,
      },
      {
        kind: "create",
        definition,
        onFailure,
        token: input.ClientRequestToken,
        actsAs: context.caller.roleArn,
      },
    );
    for (const changeSet of changeSetsOfStack(context.store, id)) {
      putChangeSet(context.store, { ...changeSet, executionStatus: "OBSOLETE" });
    }
    remember(context, "CreateStack", input, id);
    return { StackId: id };
  },

  async UpdateStack(context, input) {
    const known = repeated(context, "UpdateStack", input);
    if (known) return { StackId: known };
    const stack = findStack(context, input.StackName);
    if (!stack) throw validationError(`Stack [${input.StackName}] does not exist`);
    requireUpdatable(stack);
    refuseUnsupported(input);
    const stackPolicy = await readStackPolicy(context, input.StackPolicyBody, input.StackPolicyURL);
    const during = await readStackPolicy(context, input.StackPolicyDuringUpdateBody, input.StackPolicyDuringUpdateURL);
    const definition = await readDefinition(context, input, stack);
    const prepared = prepareOrRefuse(context, stack, definition, true);
    requireResourceTypes(prepared, input.ResourceTypes);
    if (!hasChanges(context, stack, definition, prepared)) throw validationError("No updates are to be performed.");
    const onFailure = input.DisableRollback ? "DO_NOTHING" : "ROLLBACK";
    // Reading took a moment: the stack is what it is now.
    const latest = stacksOf(context.store).get(stack.id) ?? stack;
    requireUpdatable(latest);
    begin(context, stackPolicy === undefined ? latest : { ...latest, stackPolicy }, {
      kind: "update",
      definition,
      onFailure,
      token: input.ClientRequestToken,
      stackPolicy: during,
      actsAs: context.caller.roleArn,
    });
    remember(context, "UpdateStack", input, stack.id);
    return { StackId: stack.id };
  },

  DeleteStack(context, input) {
    const stack = findStack(context, input.StackName);
    if (!stack || stack.status === "DELETE_COMPLETE" || stack.operation?.kind === "delete") return {};
    if (stack.operation?.kind === "create") {
      const operation = { ...stack.operation, isCancelled: true, onFailure: "DELETE" as const };
      stacksOf(context.store).put(stack.id, { ...stack, operation });
      engineOf(context.runtime).cancel(stack.id);
      return {};
    }
    if (stack.operation) {
      throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be deleted.`);
    }
    if (stack.terminationProtection) {
      throw validationError(`Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`);
    }
    const isForced = input.DeletionMode === "FORCE_DELETE_STACK";
    if (isForced && stack.status !== "DELETE_FAILED") {
      throw validationError(`Stack [${stack.name}] is not in DELETE_FAILED status: it can't be deleted by force.`);
    }
    const definition = {
      ...(stack.deployed ?? stack.definition),
      ...(input.RoleARN ? { roleArn: input.RoleARN } : {}),
    };
    begin(context, stack, {
      kind: "delete",
      definition,
      onFailure: "DO_NOTHING",
      token: input.ClientRequestToken,
      retain: input.RetainResources ?? [],
      isForced,
      actsAs: context.caller.roleArn,
    });
    return {};
  },

  DescribeStacks(context, { StackName: name, NextToken: token }) {
    if (name !== undefined) {
      const stack = findStack(context, name);
      if (!stack) throw validationError(`Stack with id ${name} does not exist`);
      return { Stacks: [show(stack)] };
    }
    const all = stacksOf(context.store)
      .list()
      .filter(({ value }) => value.status !== "DELETE_COMPLETE");
    const { items, nextToken } = page(all, ({ key }) => key, { token });
    return { Stacks: items.map(({ value }) => show(value)), NextToken: nextToken };
  },

  ListStacks(context, { StackStatusFilter: filter, NextToken: token }) {
    const all = stacksOf(context.store)
      .list()
      .filter(({ value }) => !filter || filter.includes(value.status));
    const { items, nextToken } = page(all, ({ key }) => key, { token });
    const StackSummaries = items.map(({ value }) => {
      const {
        StackId,
        StackName = "",
        CreationTime,
        LastUpdatedTime,
        DeletionTime,
        StackStatus,
        StackStatusReason,
        DriftInformation,
      } = show(value);
      return {
        StackId,
        StackName,
        CreationTime,
        LastUpdatedTime,
        DeletionTime,
        StackStatus,
        StackStatusReason,
        TemplateDescription: value.definition.description,
        DriftInformation: { StackDriftStatus: DriftInformation?.StackDriftStatus },
      };
    });
    return { StackSummaries, NextToken: nextToken };
  },

  UpdateTerminationProtection(context, { StackName: name, EnableTerminationProtection: isEnabled = false }) {
    const stack = findStack(context, name);
    if (!stack || stack.status === "DELETE_COMPLETE") throw validationError(`Stack [${name}] does not exist`);
    stacksOf(context.store).put(stack.id, { ...stack, terminationProtection: isEnabled });
    return { StackId: stack.id };
  },
};

export function newStackId(context: Context, name: string): string {
  return `arn:aws:cloudformation:${context.region}:${context.account}:stack/${name}/${context.random.uuid()}`;
}

export function newStack(
  context: Context,
  given: { id: string; name: string; definition: Definition; status: StackStatus },
): StackRecord {
  return {
    ...given,
    createdAt: context.clock.now().toISOString(),
    outputs: [],
    disableRollback: false,
    terminationProtection: false,
  };
}

/** Writes an operation down with its first status, and lets the engine carry it out. */
export function begin(
  context: Context,
  stack: StackRecord,
  given: Pick<OperationRecord, "kind" | "definition" | "onFailure" | "token"> &
    Partial<Pick<OperationRecord, "retain" | "changeSetId" | "actsAs" | "stackPolicy" | "isForced">>,
): void {
  const operation: OperationRecord = {
    id: context.random.uuid(),
    phase: given.kind === "delete" ? "delete" : "deploy",
    retain: [],
    changeSetId: undefined,
    ...given,
  };
  const status = { create: "CREATE_IN_PROGRESS", update: "UPDATE_IN_PROGRESS", delete: "DELETE_IN_PROGRESS" } as const;
  const at = context.clock.now().toISOString();
  context.store.transaction(() => {
    namesOf(context.store).put(stack.name, stack.id);
    createJournal(context).putStack(stack, {
      status: status[given.kind],
      statusReason: "User Initiated",
      ...(given.kind === "delete" ? { deletedAt: at } : {}),
      ...(given.kind === "update" || given.changeSetId ? { updatedAt: at } : {}),
      operation,
      failedOperation: undefined,
    });
  });
  engineOf(context.runtime).run(context.account, context.region, stack.id);
}

export function requireUpdatable(stack: StackRecord): void {
  if (UPDATABLE.has(stack.status) && !stack.operation) return;
  throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
}

/** Works a definition out, or refuses it with every fault; `isDirect`: not by a change set. */
function prepareOrRefuse(
  context: Context,
  stack: { id: string; name: string },
  definition: Definition,
  isDirect: boolean,
): Prepared {
  const { account, region } = context;
  let prepared: Prepared;
  try {
    const imported = expectedImports(context);
    prepared = prepare({ id: stack.id, name: stack.name, account, region, imported }, definition);
  } catch (error) {
    throw asValidationError(error);
  }
  const { transforms } = parse(definition.template.text, definition.template.name);
  requireCapabilities(prepared.template, definition.capabilities, { transforms, isDirect });
  return prepared;
}

/** `[AWS::EC2::*, Custom::*]`: which types a template may have, by the caller's own wish. */
function requireResourceTypes({ template }: Prepared, allowed: readonly string[] | undefined): void {
  if (!allowed) return;
  for (const { type } of template.resources.values()) {
    if (allowed.some((pattern) => matchesPattern(pattern, type))) continue;
    throw validationError(`Resource type ${type} is not allowed by parameter ResourceTypes [${allowed.join(", ")}]`);
  }
}

/** What would change how a stack is deployed and isn't there. */
function refuseUnsupported({
  RollbackConfiguration: rollback,
}: {
  RollbackConfiguration?: RollbackConfiguration | undefined;
}) {
  for (const { Arn = "", Type } of rollback?.RollbackTriggers ?? []) {
    if (Type !== "AWS::CloudWatch::Alarm" && Type !== "AWS::CloudWatch::CompositeAlarm") {
      throw validationError("Rollback Trigger Type not supported");
    }
    if (!/:alarm:[^:]+$/.test(Arn)) throw validationError("RelativeId of a Rollback Trigger's ARN is incorrect");
    throw new AwsError("NotImplemented", "sandbox: rollback triggers are not implemented", { status: 501 });
  }
  if (rollback?.MonitoringTimeInMinutes) {
    throw new AwsError("NotImplemented", "sandbox: MonitoringTimeInMinutes is not implemented", { status: 501 });
  }
}

/** Whether an update would do anything at all, outputs included. */
export function hasChanges(context: Context, stack: StackRecord, definition: Definition, after: Prepared): boolean {
  const before = deployedState(context, stack);
  if (!before || stack.status.endsWith("_FAILED")) return true;
  const state = { ...after, tags: new Map(Object.entries(definition.tags)) };
  if (changesBetween(before, state, { precise: true, takesStackTags }).length > 0) return true;
  const outputs = ({ outputs }: typeof after.template) => JSON.stringify([...outputs]);
  return outputs(before.template) !== outputs(after.template);
}

/** The answer of an earlier call with the same token; a token used for something else is refused. */
function repeated(
  context: Context,
  operation: string,
  input: DefinitionInput & { ClientRequestToken?: string | undefined },
) {
  const token = input.ClientRequestToken;
  if (token === undefined) return undefined;
  const known = tokensOf(context.store).get(`${operation}:${token}`);
  if (!known) return undefined;
  // What was made then is gone: the token asks for it anew.
  if (stacksOf(context.store).get(known.stackId)?.status === "DELETE_COMPLETE") return undefined;
  if (known.input === JSON.stringify(input)) return known.stackId;
  const message = `A stack operation with the client request token ${token} but other parameters was requested before.`;
  throw new AwsError("TokenAlreadyExistsException", message, { status: 400 });
}

function remember(
  context: Context,
  operation: string,
  input: { ClientRequestToken?: string | undefined },
  stackId: string,
): void {
  const token = input.ClientRequestToken;
  if (token === undefined) return;
  tokensOf(context.store).put(`${operation}:${token}`, { input: JSON.stringify(input), stackId });
}

/** Templates are parsed again for each description of a stack; this one only knows which parameters are secret. */
function show(stack: StackRecord): Stack {
  const shown = stack.deployed ?? stack.definition;
  const isReviewed = stack.status === "REVIEW_IN_PROGRESS";
  return {
    StackId: stack.id,
    StackName: stack.name,
    ChangeSetId: stack.changeSetId,
    Description: isReviewed ? undefined : shown.description,
    Parameters: isReviewed ? undefined : showParameters(shown),
    CreationTime: new Date(stack.createdAt),
    LastUpdatedTime: stack.updatedAt ? new Date(stack.updatedAt) : undefined,
    DeletionTime: stack.deletedAt ? new Date(stack.deletedAt) : undefined,
    RollbackConfiguration: {},
    StackStatus: stack.status,
    StackStatusReason: stack.statusReason,
    DisableRollback: stack.disableRollback,
    NotificationARNs: [...shown.notificationArns],
    TimeoutInMinutes: stack.timeoutMinutes,
    Capabilities:
      isReviewed || shown.capabilities.length === 0 ? undefined : ([...shown.capabilities] as Stack["Capabilities"]),
    Outputs:
      stack.outputs.length === 0
        ? undefined
        : stack.outputs.map(({ key, value, description, exportName }) => ({
            OutputKey: key,
            OutputValue: value,
            Description: description,
            ExportName: exportName,
          })),
    RoleARN: shown.roleArn,
    Tags: isReviewed ? [] : Object.entries(shown.tags).map(([Key, Value]) => ({ Key, Value })),
    EnableTerminationProtection: stack.status === "DELETE_COMPLETE" ? undefined : stack.terminationProtection,
    DriftInformation: stack.drift
      ? { StackDriftStatus: stack.drift.status, LastCheckTimestamp: new Date(stack.drift.at) }
      : { StackDriftStatus: "NOT_CHECKED" },
  };
}

const HIDDEN = "****";

export function showParameters(definition: Definition): Parameter[] | undefined {
  const { parameters } = parse(definition.template.text, definition.template.name);
  const shown = [...parameters].map(([key, parameter]) => {
    const value = definition.parameters[key] ?? parameter.defaultValue ?? "";
    const resolved = definition.resolved?.[key];
    return {
      ParameterKey: key,
      ParameterValue: parameter.noEcho ? HIDDEN : value,
      ...(resolved === undefined ? {} : { ResolvedValue: parameter.noEcho ? HIDDEN : resolved }),
    };
  });
  return shown.length > 0 ? shown : undefined;
}
