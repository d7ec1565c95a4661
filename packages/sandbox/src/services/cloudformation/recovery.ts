import type * as sdk from "@aws-sdk/client-cloudformation";
import type { Context } from "../../core/context.ts";
import type { Operations } from "../../core/service.ts";
import { engineOf } from "./engine.ts";
import { createJournal } from "./journal.ts";
import {
  findStack,
  type OperationRecord,
  resourcesOfStack,
  type StackRecord,
  stacksOf,
  validationError,
} from "./records.ts";

/** What a person does about an operation that is under way or got stuck. */
export const recoveryOperations: Operations<typeof sdk> = {
  CancelUpdateStack(context, { StackName: name }) {
    const stack = requireStack(context, name);
    const { operation } = stack;
    if (stack.status !== "UPDATE_IN_PROGRESS" || !operation) {
      throw validationError("CancelUpdateStack cannot be called from current stack status");
    }
    stacksOf(context.store).put(stack.id, { ...stack, operation: { ...operation, isCancelled: true } });
    engineOf(context.runtime).cancel(stack.id);
    return {};
  },

  ContinueUpdateRollback(context, { StackName: name, ResourcesToSkip: skipped = [], RoleARN, ClientRequestToken }) {
    const stack = requireStack(context, name);
    const failed = stack.failedOperation;
    if (stack.status !== "UPDATE_ROLLBACK_FAILED" || !failed) {
      throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not continue rollback.`);
    }
    const stuck = resourcesOfStack(context.store, stack.id).filter(({ status }) => status === "UPDATE_FAILED");
    const wrong = skipped.filter((id) => !stuck.some(({ logicalId }) => logicalId === id));
    if (wrong.length > 0) {
      throw validationError(
        `The following resource(s) can't be skipped, they aren't in state UPDATE_FAILED: [${wrong.join(", ")}]`,
      );
    }
    const definition = RoleARN ? { ...failed.definition, roleArn: RoleARN } : failed.definition;
    const token = ClientRequestToken ?? failed.token;
    goOn(context, stack, { ...failed, definition, token, skipped, phase: "rollback" }, "UPDATE_ROLLBACK_IN_PROGRESS");
    return {};
  },

  RollbackStack(context, { StackName: name, RoleARN, ClientRequestToken }) {
    const stack = requireStack(context, name);
    const failed = stack.failedOperation;
    if (!failed || (stack.status !== "CREATE_FAILED" && stack.status !== "UPDATE_FAILED")) {
      throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be rolled back.`);
    }
    const definition = RoleARN ? { ...failed.definition, roleArn: RoleARN } : failed.definition;
    const operation: OperationRecord = { ...failed, definition, token: ClientRequestToken, phase: "rollback" };
    goOn(context, stack, operation, failed.kind === "create" ? "ROLLBACK_IN_PROGRESS" : "UPDATE_ROLLBACK_IN_PROGRESS");
    return { StackId: stack.id };
  },
};

function requireStack(context: Context, name: string | undefined): StackRecord {
  const stack = findStack(context, name);
  if (!stack || stack.status === "DELETE_COMPLETE") throw validationError(`Stack [${name}] does not exist`);
  return stack;
}

function goOn(
  context: Context,
  stack: StackRecord,
  given: OperationRecord,
  status: "ROLLBACK_IN_PROGRESS" | "UPDATE_ROLLBACK_IN_PROGRESS",
): void {
  const statusReason = "User Initiated";
  const operation = { ...given, attempt: (given.attempt ?? 0) + 1 };
  createJournal(context).putStack(stack, { status, statusReason, operation, failedOperation: undefined });
  engineOf(context.runtime).run(context.account, context.region, stack.id);
}
