import type { Ledger, Settings } from "./ledger.ts";
import { checkPipelines, workOnPipelines } from "./pipelines.ts";
import { checkStacks, workOnStacks } from "./stacks.ts";
import { checkStored, prepareStores, storing } from "./stores.ts";

/** Writes from several clients at once until the sandbox is gone. */
export async function workUntilKilled(settings: Settings, ledger: Ledger, round: number): Promise<void> {
  await prepareStores(settings, ledger);
  await Promise.all([
    ...storing(settings, ledger, round),
    workOnStacks(settings, ledger, round),
    workOnPipelines(settings, ledger),
  ]);
}

export async function checkAll(settings: Settings, ledger: Ledger): Promise<void> {
  await checkStored(settings, ledger);
  await checkStacks(settings, ledger);
  await checkPipelines(settings, ledger);
}
