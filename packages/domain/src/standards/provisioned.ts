import { branchesOf, memberOf } from "./branches.ts";
import type { Item, Subject } from "./subject.ts";

/** The aliases and versions that have provisioned concurrency, in any branch. */
export function provisionedIn(subject: Subject): Item[] {
  return ["AWS::Lambda::Alias", "AWS::Lambda::Version"]
    .flatMap((type) => subject.items(type))
    .filter(({ properties }) =>
      branchesOf(properties.ProvisionedConcurrencyConfig).some(
        ({ value }) => memberOf(value, "ProvisionedConcurrentExecutions") !== undefined,
      ),
    );
}
