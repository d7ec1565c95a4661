import type { Account } from "./accounts.ts";
import type { GitHub } from "./api.ts";
import type { EventName } from "./app-permissions.ts";
import type { RepositoryRecord } from "./rows.ts";
import { accountShape, organisationSummary } from "./shapes/accounts.ts";
import { repositoryShape } from "./shapes/repositories.ts";

/**
 * Sends an event of a repository to the App: in the background, with who did it and where.
 * Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads
 */
export function announce(
  github: GitHub,
  repository: RepositoryRecord,
  sender: Account,
  event: EventName,
  makePayload: () => object | Promise<object>,
): void {
  github.webhooks.publish(event, repository, async () => ({
    ...(await makePayload()),
    repository: repositoryShape(github, repository),
    organization: organisationSummary(github.url, github.accounts.organisation),
    sender: accountShape(github.url, sender),
  }));
}
