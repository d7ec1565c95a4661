import type * as sdk from "@aws-sdk/client-cloudformation";
import type { Change } from "@aws-sdk/client-cloudformation";
import {
  type ChangeDetail,
  changesBetween,
  type JsonObject,
  type ResourceChange,
  TemplateError,
} from "@turnpike/cloudformation";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { deployedState, expectedImports, takesStackTags } from "./compare.ts";
import { parse, readDefinition, requireStackName } from "./definition.ts";
import { createJournal } from "./journal.ts";
import { type Prepared, prepare, reasonOf, requireCapabilities } from "./prepare.ts";
import {
  type ChangeSetRecord,
  changeSetsOfStack,
  type Definition,
  deleteChangeSet,
  findStack,
  getChangeSetById,
  namesOf,
  putChangeSet,
  type StackRecord,
  stacksOf,
  validationError,
} from "./records.ts";
import { begin, hasChanges, newStack, newStackId, requireUpdatable, showParameters } from "./stacks.ts";

const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";
const NAME = /^[a-zA-Z][-a-zA-Z0-9]*$/;
/** Values longer than this are cut, as the service does. */
const LONGEST_VALUE = 4096;

export const changeSetOperations: Operations<typeof sdk> = {
  async CreateChangeSet(context, input) {
    const { ChangeSetName: name = "" } = input;
    if (!NAME.test(name) || name.length > 128) {
      throw validationError(
        `1 validation error detected: Value '${name}' at 'changeSetName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
      );
    }
    const type = input.ChangeSetType ?? "UPDATE";
    if (type === "IMPORT") throw new AwsError("NotImplemented", "sandbox: change sets of type IMPORT", { status: 501 });
    const existing = findStack(context, input.StackName);
    const isNew = !existing || existing.status === "DELETE_COMPLETE";
    if (type === "CREATE" && existing && existing.status !== "REVIEW_IN_PROGRESS") {
      throw validationError(
        `Stack [${input.StackName}] already exists and cannot be created again with the changeSet [${name}].`,
      );
    }
    if (type === "UPDATE" && existing?.status === "DELETE_COMPLETE") requireUpdatable(existing);
    if (type === "UPDATE" && isNew) throw validationError(`Stack [${input.StackName}] does not exist`);
    if (type === "UPDATE" && existing) requireUpdatable(existing);
    const definition = await readDefinition(context, input, existing);
    const stackName = existing?.name ?? requireStackName(input.StackName);
    const stack =
      existing ??
      newStack(context, {
        id: newStackId(context, stackName),
        name: stackName,
        definition,
        status: "REVIEW_IN_PROGRESS",
      });
    if (changeSetsOfStack(context.store, stack.id).some((other) => other.name === name)) {
      throw new AwsError("AlreadyExistsException", `ChangeSet ${name} already exists`, { status: 400 });
    }
    const record = computeChangeSet(context, stack, {
      id: `arn:aws:cloudformation:${context.region}:${context.account}:changeSet/${name}/${context.random.uuid()}`,
      name,
      stackId: stack.id,
      stackName: stack.name,
      type,
      createdAt: context.clock.now().toISOString(),
      description: input.Description,
      definition,
      onFailure: input.OnStackFailure ?? "ROLLBACK",
    });
    context.store.transaction(() => {
      if (!existing) {
        namesOf(context.store).put(stack.name, stack.id);
        createJournal(context).putStack(stack, { status: "REVIEW_IN_PROGRESS", statusReason: "User Initiated" });
      }
      putChangeSet(context.store, record);
    });
    return { Id: record.id, StackId: stack.id };
  },

  DescribeChangeSet(context, input) {
    const record = getChangeSet(context, input);
    const changes = input.IncludePropertyValues ? record.preciseChanges : record.changes;
    const { items, nextToken } = page(changes, ({ logicalId }) => logicalId, { token: input.NextToken });
    return {
      ...summary(record),
      Parameters: showParameters(record.definition),
      NotificationARNs: [...record.definition.notificationArns],
      RollbackConfiguration: {},
      Capabilities: [...record.definition.capabilities] as ("CAPABILITY_IAM" | "CAPABILITY_NAMED_IAM")[],
      Tags: tagsOf(record.definition),
      Changes: items.map((change) => show(change, input.IncludePropertyValues ?? false)),
      NextToken: nextToken,
      OnStackFailure: record.onFailure === "ROLLBACK" ? undefined : record.onFailure,
    };
  },

  ExecuteChangeSet(context, input) {
    const record = getChangeSet(context, input);
    const stack = stacksOf(context.store).get(record.stackId);
    if (record.executionStatus !== "AVAILABLE" || !stack) {
      const status = record.status === "FAILED" ? record.status : record.executionStatus;
      throw new AwsError(
        "InvalidChangeSetStatusException",
        `ChangeSet [${record.id}] cannot be executed in its current ${record.status === "FAILED" ? "" : "execution "}status of [${status}]`,
      );
    }
    if (record.type === "UPDATE") requireUpdatable(stack);
    context.store.transaction(() => {
      for (const other of changeSetsOfStack(context.store, stack.id)) {
        const executionStatus = other.id === record.id ? "EXECUTE_COMPLETE" : "OBSOLETE";
        if (other.id === record.id || other.executionStatus === "AVAILABLE") {
          putChangeSet(context.store, { ...other, executionStatus });
        }
      }
    });
    const onFailure = input.DisableRollback ? "DO_NOTHING" : record.onFailure;
    begin(
      context,
      { ...stack, definition: record.definition, changeSetId: record.id },
      {
        kind: record.type === "CREATE" ? "create" : "update",
        definition: record.definition,
        onFailure: onFailure === "DELETE" && record.type === "UPDATE" ? "ROLLBACK" : onFailure,
        token: input.ClientRequestToken,
        changeSetId: record.id,
        actsAs: context.caller.roleArn,
      },
    );
    return {};
  },

  DeleteChangeSet(context, input) {
    if (!input.ChangeSetName?.startsWith("arn:") && input.StackName === undefined) {
      throw validationError("StackName must be specified if ChangeSetName is not specified as an ARN.");
    }
    if (input.StackName !== undefined && !findStack(context, input.StackName)) {
      throw validationError(`Stack [${input.StackName}] does not exist`);
    }
    const record = findChangeSet(context, input);
    if (record) deleteChangeSet(context.store, record);
    return {};
  },

  ListChangeSets(context, { StackName: name, NextToken: token }) {
    const stack = findStack(context, name);
    if (!stack) throw validationError(`Stack [${name}] does not exist`);
    const { items, nextToken } = page(changeSetsOfStack(context.store, stack.id), ({ id }) => id, { token });
    return { Summaries: items.map(summary), NextToken: nextToken };
  },
};

type Draft = Omit<ChangeSetRecord, "status" | "statusReason" | "executionStatus" | "changes" | "preciseChanges">;

/** Works out what would change. A template that can't be deployed, or changes nothing, makes a change set that FAILED. */
function computeChangeSet(context: Context, stack: StackRecord, draft: Draft): ChangeSetRecord {
  const { definition } = draft;
  const failed = (statusReason: string): ChangeSetRecord => ({
    ...draft,
    status: "FAILED",
    statusReason,
    executionStatus: "UNAVAILABLE",
    changes: [],
    preciseChanges: [],
  });
  const { transforms } = parse(definition.template.text, definition.template.name);
  let after: Prepared;
  try {
    const { account, region } = context;
    const imported = expectedImports(context);
    after = prepare({ id: stack.id, name: stack.name, account, region, imported }, definition);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const isTransformed = transforms.length > 0;
    if (!isTransformed) throw validationError(reasonOf(error));
    return failed(`Transform ${transforms[0]} failed with: ${reasonOf(error)}`);
  }
  requireCapabilities(after.template, definition.capabilities, { transforms, isDirect: false });
  if (draft.type === "UPDATE" && !hasChanges(context, stack, definition, after)) return failed(NO_CHANGES);
  const before = deployedState(context, stack);
  const state = { ...after, tags: new Map(Object.entries(definition.tags)) };
  return {
    ...draft,
    status: "CREATE_COMPLETE",
    statusReason: undefined,
    executionStatus: "AVAILABLE",
    changes: changesBetween(before, state, { precise: false, takesStackTags }),
    preciseChanges: changesBetween(before, state, { precise: true, takesStackTags }),
  };
}

interface Key {
  readonly ChangeSetName?: string | undefined;
  readonly StackName?: string | undefined;
}

function findChangeSet(context: Context, key: Key): ChangeSetRecord | undefined {
  const { ChangeSetName: name = "" } = key;
  if (name.startsWith("arn:")) return getChangeSetById(context.store, name);
  const stack = findStack(context, key.StackName);
  return stack && changeSetsOfStack(context.store, stack.id).find((record) => record.name === name);
}

export function getChangeSet(context: Context, key: Key): ChangeSetRecord {
  const { ChangeSetName: name = "" } = key;
  if (!name.startsWith("arn:")) {
    if (key.StackName === undefined) {
      throw validationError("StackName must be specified if ChangeSetName is not specified as an ARN.");
    }
    if (!findStack(context, key.StackName)) throw validationError(`Stack [${key.StackName}] does not exist`);
  }
  const record = findChangeSet(context, key);
  if (record) return record;
  throw new AwsError("ChangeSetNotFoundException", `ChangeSet [${name}] does not exist`);
}

function summary(record: ChangeSetRecord) {
  return {
    StackId: record.stackId,
    StackName: record.stackName,
    ChangeSetId: record.id,
    ChangeSetName: record.name,
    ExecutionStatus: record.executionStatus,
    Status: record.status,
    StatusReason: record.statusReason,
    CreationTime: new Date(record.createdAt),
    Description: record.description,
    IncludeNestedStacks: false,
  };
}

function tagsOf(definition: Definition) {
  const tags = Object.entries(definition.tags).map(([Key, Value]) => ({ Key, Value }));
  return tags.length > 0 ? tags : undefined;
}

function show(change: ResourceChange, withValues: boolean): Change {
  const context = (properties: JsonObject | undefined) =>
    withValues && properties ? JSON.stringify({ Properties: properties }) : undefined;
  return {
    Type: "Resource",
    ResourceChange: {
      PolicyAction: change.policyAction,
      Action: change.action,
      LogicalResourceId: change.logicalId,
      PhysicalResourceId: change.physicalId,
      ResourceType: change.type,
      Replacement: change.replacement,
      Scope: [...change.scope],
      Details: change.details.map((detail) => showDetail(detail, withValues)),
      BeforeContext: context(change.before),
      AfterContext: context(change.after),
    },
  };
}

function showDetail(detail: ChangeDetail, withValues: boolean) {
  const isProperty = detail.attribute === "Properties";
  const value = (given: unknown) =>
    given === undefined
      ? undefined
      : (typeof given === "string" ? given : JSON.stringify(given)).slice(0, LONGEST_VALUE);
  const values = {
    Path: isProperty && detail.name ? `/Properties/${detail.name}` : `/${detail.attribute}`,
    BeforeValue: value(detail.before),
    AfterValue: value(detail.after),
    AttributeChangeType:
      detail.before === undefined
        ? ("Add" as const)
        : detail.after === undefined
          ? ("Remove" as const)
          : ("Modify" as const),
  };
  return {
    Target: {
      Attribute: detail.attribute,
      Name: detail.name,
      RequiresRecreation: isProperty ? detail.requiresRecreation : undefined,
      ...(withValues ? values : {}),
    },
    Evaluation: detail.evaluation,
    ChangeSource: detail.source,
    CausingEntity: detail.causingEntity,
  };
}
