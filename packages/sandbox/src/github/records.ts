import type { Store } from "../core/store.ts";

/** An account that can act: a person, or an App's bot. */
export interface Account {
  readonly id: number;
  readonly login: string;
  readonly type: "User" | "Bot" | "Organization";
  readonly name: string;
  readonly email: string;
}

export interface RepositoryRecord {
  readonly id: number;
  /** `acme` */
  readonly owner: string;
  readonly name: string;
  readonly description: string | null;
  readonly private: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly pushedAt: string | null;
  readonly defaultBranch: string;
}

/** Who moved a ref, by the account that authenticated: GitHub's own record. */
export interface ActivityRecord {
  readonly id: number;
  readonly before: string;
  readonly after: string;
  readonly ref: string;
  readonly at: string;
  readonly type: "push" | "force_push" | "branch_creation" | "branch_deletion" | "pr_merge";
  readonly actor: string;
}

/** Who may move a protected branch; nobody may rewrite it. */
export interface ProtectionRecord {
  readonly users: readonly string[];
  readonly apps: readonly string[];
}

export interface DeliveryRecord {
  readonly id: number;
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly repository: string | null;
  readonly payload: string;
  readonly deliveredAt: string;
  readonly redelivery: boolean;
  readonly statusCode: number;
  readonly status: string;
  readonly durationSeconds: number;
}

export const ZERO_SHA = "0".repeat(40);

const people = ["developer", "approver", "admin", "viewer"] as const;

export const users: readonly Account[] = people.map((login, index) => ({
  id: 1001 + index,
  login,
  type: "User",
  name: `${login.charAt(0).toUpperCase()}${login.slice(1)}`,
  email: `${login}@example.com`,
}));

const key = (number: number) => String(number).padStart(12, "0");

/** GitHub's rows of this sandbox. Names are compared without case, as GitHub does. */
export function openRecords(store: Store) {
  const repositories = store.collection<RepositoryRecord>("repositories");
  const activities = store.collection<ActivityRecord>("activities");
  const protections = store.collection<ProtectionRecord>("protections");
  const deliveries = store.collection<DeliveryRecord>("deliveries");
  const counters = store.collection<number>("counters");
  const tokens = store.collection<{ expiresAt: string }>("installation-tokens");

  function next(counter: string): number {
    const value = (counters.get(counter) ?? 1000) + 1;
    counters.put(counter, value);
    return value;
  }

  return {
    tokens,
    transaction: store.transaction,
    repository: (owner: string, name: string) => repositories.get(`${owner}/${name}`.toLowerCase()),
    repositories: (owner: string) => repositories.list(`${owner}/`.toLowerCase()).map(({ value }) => value),
    saveRepository(repository: RepositoryRecord) {
      repositories.put(`${repository.owner}/${repository.name}`.toLowerCase(), repository);
    },
    removeRepository(repository: RepositoryRecord) {
      repositories.delete(`${repository.owner}/${repository.name}`.toLowerCase());
    },
    nextId: () => next("id"),
    addActivity(repository: RepositoryRecord, activity: Omit<ActivityRecord, "id">) {
      const id = next("activity");
      activities.put(`${key(repository.id)}/${key(id)}`, { ...activity, id });
    },
    /** Newest first. */
    activities: (repository: RepositoryRecord) =>
      activities
        .list(`${key(repository.id)}/`)
        .map(({ value }) => value)
        .reverse(),
    protection: (repository: RepositoryRecord, branch: string) => protections.get(`${key(repository.id)}/${branch}`),
    saveProtection(repository: RepositoryRecord, branch: string, protection: ProtectionRecord) {
      protections.put(`${key(repository.id)}/${branch}`, protection);
    },
    addDelivery(delivery: Omit<DeliveryRecord, "id">): DeliveryRecord {
      const record = { ...delivery, id: next("delivery") };
      deliveries.put(key(record.id), record);
      return record;
    },
    delivery: (id: number) => deliveries.get(key(id)),
    /** Newest first. */
    deliveries: () =>
      deliveries
        .list()
        .map(({ value }) => value)
        .reverse(),
  };
}

export type Records = ReturnType<typeof openRecords>;
