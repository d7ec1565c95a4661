import type { TeamDirectory } from "@turnpike/domain/identity";
import { deployedVersion, type ExecutionStore, type ServiceOwners } from "@turnpike/domain/pipelines";
import { findAccount, type PlatformStore } from "@turnpike/domain/platform";
import type { ServiceStore } from "@turnpike/domain/scaffolding";
import type { DeploymentIndex } from "@turnpike/domain/telemetry";

/** The small questions that slices ask of each other's read models. */
export function createIndexes(stores: {
  platform: PlatformStore;
  services: ServiceStore;
  executions: ExecutionStore;
}): {
  teams: TeamDirectory;
  owners: ServiceOwners;
  deployments: DeploymentIndex;
  /** The role with which an account is read; undefined when the platform repository names none. */
  readerRoleOf: (accountId: string) => Promise<string | undefined>;
} {
  return {
    teams: {
      async teams() {
        const documents = await stores.platform.list("Team");
        return documents.map(({ document }) => ({ name: document.metadata.name, members: document.spec.members }));
      },
    },
    async readerRoleOf(accountId) {
      const documents = await stores.platform.list("Account");
      return documents.find(({ document }) => document.spec.accountId === accountId)?.document.spec.readerRoleArn;
    },
    owners: {
      ownerOf: async (service) => (await stores.services.find(service))?.owner,
    },
    deployments: {
      async find(service, environment) {
        const request = await stores.services.find(service);
        if (!request?.environments.includes(environment)) return undefined;
        const account = await findAccount(stores.platform, environment);
        const version = deployedVersion(await stores.executions.list(service, 50), environment);
        const { FunctionName: functionName, LogGroupName: logGroupName } = version?.outputs ?? {};
        return {
          owner: request.owner,
          deployment:
            account && functionName && logGroupName
              ? { environment, accountId: account.accountId, region: account.region, functionName, logGroupName }
              : undefined,
        };
      },
    },
  };
}
