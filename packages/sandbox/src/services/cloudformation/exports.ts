import type * as sdk from "@aws-sdk/client-cloudformation";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import type { Store } from "../../core/store.ts";
import { type StackOutput, type StackRecord, stacksOf, validationError } from "./records.ts";

/** What stacks export for others of the account and region, by name, and who imports it. */
export const exportOperations: Operations<typeof sdk> = {
  ListExports(context, { NextToken: token }) {
    const all = living(context.store)
      .flatMap((stack) =>
        stack.outputs.flatMap(({ exportName, value }) =>
          exportName === undefined ? [] : [{ ExportingStackId: stack.id, Name: exportName, Value: value }],
        ),
      )
      .sort((a, b) => (a.Name < b.Name ? -1 : 1));
    const { items, nextToken } = page(all, ({ Name }) => Name, { token });
    return { Exports: items, NextToken: nextToken };
  },

  ListImports(context, { ExportName: name = "", NextToken: token }) {
    const all = importersOf(context.store, name);
    if (all.length === 0) throw validationError(`Export '${name}' is not imported by any stack.`);
    const { items, nextToken } = page(all, (stack) => stack, { token });
    return { Imports: items, NextToken: nextToken };
  },
};

const living = (store: Store): StackRecord[] =>
  stacksOf(store)
    .list()
    .map(({ value }) => value)
    .filter(({ status }) => status !== "DELETE_COMPLETE");

/** The value that a stack exports under a name, if one does. */
export function exportedValue(store: Store, name: string): string | undefined {
  return living(store)
    .flatMap(({ outputs }) => outputs)
    .find(({ exportName }) => exportName === name)?.value;
}

function importersOf(store: Store, name: string): string[] {
  return living(store)
    .filter(({ imports }) => imports?.includes(name))
    .map((stack) => stack.name)
    .sort();
}

/**
 * Why a stack can't come to have `outputs`: an export of another stack has the name, or one that it would lose or change
 * is in use. Undefined when it can.
 */
export function exportConflict(store: Store, stack: StackRecord, outputs: readonly StackOutput[]): string | undefined {
  for (const { exportName, value } of outputs) {
    if (exportName === undefined) continue;
    const owner = living(store).find(
      (other) => other.id !== stack.id && other.outputs.some((one) => one.exportName === exportName),
    );
    if (owner) return `Export with name ${exportName} is already exported by stack ${owner.name}`;
    const was = stack.outputs.find((one) => one.exportName === exportName);
    const [user] = was && was.value !== value ? importersOf(store, exportName) : [];
    if (user) return `Export ${exportName} cannot be updated as it is in use by ${user}`;
  }
  for (const { exportName } of stack.outputs) {
    if (exportName === undefined || outputs.some((one) => one.exportName === exportName)) continue;
    const users = importersOf(store, exportName).filter((name) => name !== stack.name);
    if (users.length > 0)
      return `Delete canceled. Cannot delete export ${exportName} as it is in use by ${users.join(", ")}.`;
  }
  return undefined;
}
