import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import { AccountUnreadableError } from "@turnpike/domain/releases";

export interface AwsSettings {
  /** Region of the tooling account. */
  readonly region: string;
  /** Sent with every AssumeRole of a reader role, as its trust policy demands. */
  readonly externalId: string;
  /** `turnpike-worker`, `turnpike-portal`: who assumed the role, in each account's CloudTrail. */
  readonly sourceIdentity: string;
  /** The reader role of a workload account; undefined when the platform repository names none. */
  readonly readerRoleOf: (accountId: string) => Promise<string | undefined>;
  /** Longest wait for one answer, in milliseconds. */
  readonly deadlineMs: number;
}

export interface Scope {
  readonly accountId: string;
  readonly region: string;
}

interface ClientConfig {
  region: string;
  maxAttempts: number;
  credentials?: ReturnType<typeof fromTemporaryCredentials>;
  requestHandler: { requestTimeout: number; connectionTimeout: number };
}

/**
 * SDK clients by account. The tooling account is reached with the process's own credentials (the SDK's default
 * chain); a workload account through its reader role. Endpoints come from the SDK's own settings (AWS_ENDPOINT_URL).
 */
export function createAccounts(settings: AwsSettings) {
  const clients = new Map<unknown, Map<string, unknown>>();

  const configFor = (region: string): ClientConfig => ({
    region,
    maxAttempts: 3,
    requestHandler: { requestTimeout: settings.deadlineMs, connectionTimeout: Math.min(3000, settings.deadlineMs) },
  });

  function cached<C>(Client: new (config: ClientConfig) => C, key: string, make: () => C): C {
    const byKey = clients.get(Client) ?? new Map<string, unknown>();
    clients.set(Client, byKey);
    const existing = byKey.get(key) as C | undefined;
    if (existing) return existing;
    const made = make();
    byKey.set(key, made);
    return made;
  }

  return {
    /** A client of the tooling account. */
    tooling<C>(Client: new (config: ClientConfig) => C): C {
      return cached(Client, "tooling", () => new Client(configFor(settings.region)));
    },

    /** A client that reads a workload account. Raises `AccountUnreadableError` when no reader role is known. */
    async reader<C>(Client: new (config: ClientConfig) => C, scope: Scope): Promise<C> {
      const roleArn = await settings.readerRoleOf(scope.accountId);
      if (!roleArn) {
        throw new AccountUnreadableError(scope.accountId, "no document in accounts/ names its reader role");
      }
      return cached(Client, `${roleArn} ${scope.region}`, () => {
        const credentials = fromTemporaryCredentials({
          clientConfig: { region: scope.region },
          params: {
            RoleArn: roleArn,
            RoleSessionName: settings.sourceIdentity,
            SourceIdentity: settings.sourceIdentity,
            ExternalId: settings.externalId,
            DurationSeconds: 3600,
          },
        });
        return new Client({ ...configFor(scope.region), credentials });
      });
    },
  };
}

export type Accounts = ReturnType<typeof createAccounts>;

/** Name of the error class that AWS answered with. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

/** Reads from a workload account; whatever AWS refuses becomes an `AccountUnreadableError` that says why. */
export async function readAccount<T>(accountId: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AccountUnreadableError) throw error;
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new AccountUnreadableError(accountId, why, { cause: error });
  }
}
