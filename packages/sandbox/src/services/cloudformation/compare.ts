import { type DeployedResource, type DeployedStack, KNOWN_AFTER_APPLY } from "@turnpike/cloudformation";
import type { Context } from "../../core/context.ts";
import { exportedValue } from "./exports.ts";
import { prepare } from "./prepare.ts";
import { providerOf } from "./providers/index.ts";
import { isThere, resourcesOfStack, type StackRecord } from "./records.ts";

/** A stack as it is deployed, to compare a definition with; undefined when nothing is. */
export function deployedState(context: Context, stack: StackRecord): DeployedStack | undefined {
  const { deployed } = stack;
  if (!deployed) return undefined;
  const { account, region } = context;
  const imported = expectedImports(context);
  const { template, evaluator } = prepare({ id: stack.id, name: stack.name, account, region, imported }, deployed);
  const records = new Map(
    resourcesOfStack(context.store, stack.id)
      .filter(isThere)
      .map((record) => [record.logicalId, record] as const),
  );
  const resources = new Map<string, DeployedResource>();
  for (const [id, { type, physicalId, properties }] of records) resources.set(id, { type, physicalId, properties });
  return {
    template,
    evaluator,
    tags: new Map(Object.entries(deployed.tags)),
    resources,
    values: {
      reference: (id) => records.get(id)?.physicalId ?? KNOWN_AFTER_APPLY,
      attribute: (id, name) => records.get(id)?.attributes[name] ?? KNOWN_AFTER_APPLY,
    },
  };
}

/** Before a deployment, an export that isn't there yet is one that may come to be. */
export const expectedImports = (context: Context) => (name: string) =>
  exportedValue(context.store, name) ?? KNOWN_AFTER_APPLY;

export const takesStackTags = (type: string): boolean => providerOf(type)?.takesTags ?? false;
