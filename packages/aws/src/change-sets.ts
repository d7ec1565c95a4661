import { type Change, CloudFormationClient, DescribeChangeSetCommand } from "@aws-sdk/client-cloudformation";
import type { ChangeSets, ResourceChange } from "@turnpike/domain/releases";
import { type Accounts, errorName, readAccount } from "./accounts.ts";

const actions: Record<string, ResourceChange["action"]> = {
  Add: "add",
  Modify: "modify",
  Remove: "remove",
  Import: "import",
  Dynamic: "dynamic",
};

const replacements: Record<string, ResourceChange["replacement"]> = { True: "always", Conditional: "conditional" };

function resourceChange({ ResourceChange: change }: Change): ResourceChange[] {
  if (!change) return [];
  const properties = (change.Details ?? []).flatMap(({ Target: target }) => {
    const path = [target?.Attribute, target?.Name].filter(Boolean).join(".");
    if (!path) return [];
    return [
      {
        path,
        ...(target?.BeforeValue !== undefined ? { before: target.BeforeValue } : {}),
        ...(target?.AfterValue !== undefined ? { after: target.AfterValue } : {}),
      },
    ];
  });
  const byPath = new Map(properties.map((property) => [property.path, property]));
  return [
    {
      action: actions[change.Action ?? ""] ?? "dynamic",
      logicalId: change.LogicalResourceId ?? "",
      physicalId: change.PhysicalResourceId,
      type: change.ResourceType ?? "",
      replacement: replacements[change.Replacement ?? ""] ?? "never",
      properties: [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    },
  ];
}

/** Change sets of workload accounts, read with their reader roles. */
export function createChangeSets(accounts: Accounts): ChangeSets {
  return {
    describe: ({ stackName, changeSetName, ...scope }) =>
      readAccount(scope.accountId, async () => {
        const client = await accounts.reader(CloudFormationClient, scope);
        const changes: ResourceChange[] = [];
        let arn: string | undefined;
        let nextToken: string | undefined;
        try {
          do {
            const page = await client.send(
              new DescribeChangeSetCommand({
                StackName: stackName,
                ChangeSetName: changeSetName,
                IncludePropertyValues: true,
                ...(nextToken ? { NextToken: nextToken } : {}),
              }),
            );
            arn = page.ChangeSetId;
            changes.push(...(page.Changes ?? []).flatMap(resourceChange));
            nextToken = page.NextToken;
          } while (nextToken);
        } catch (error) {
          if (errorName(error) === "ChangeSetNotFoundException" || errorName(error) === "ChangeSetNotFound")
            return undefined;
          throw error;
        }
        return arn ? { arn, changes } : undefined;
      }),
  };
}
