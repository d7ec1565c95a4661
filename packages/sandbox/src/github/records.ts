import type { Store } from "../core/store.ts";
import type { Access } from "./accounts.ts";

export interface RepositoryRecord {
  readonly id: number;
  /** `acme` */
  readonly owner: string;
  readonly name: string;
  /** As it was sent: Turnpike keeps its request marker in it. */
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
  readonly type: "push" | "force_push" | "branch_creation" | "branch_deletion";
  readonly actor: string;
}

/** The rules of a protected branch. */
export interface ProtectionRecord {
  /** The only ones who may move it; null: everyone who may write. */
  readonly restrictions: { readonly users: readonly string[]; readonly apps: readonly string[] } | null;
  /** Whether the restrictions hold for administrators too. */
  readonly enforceAdmins: boolean;
  readonly allowForcePushes: boolean;
  readonly allowDeletions: boolean;
}

/** What someone said of a commit: a build, a check. */
export interface StatusRecord {
  readonly id: number;
  readonly state: "error" | "failure" | "pending" | "success";
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: string;
  readonly at: string;
}

export interface DeliveryRecord {
  readonly id: number;
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly repositoryId: number | null;
  readonly payload: string;
  readonly deliveredAt: string;
  readonly redelivery: boolean;
  readonly statusCode: number;
  readonly status: string;
  readonly durationSeconds: number;
}

export const ZERO_SHA = "0".repeat(40);

const key = (number: number) => String(number).padStart(12, "0");
const nameOf = (owner: string, name: string) => `${owner}/${name}`.toLowerCase();

/** GitHub's rows of this sandbox. Names are compared without case, as GitHub does; ids are never used again. */
export function openRecords(store: Store) {
  const repositories = store.collection<RepositoryRecord>("repositories");
  const activities = store.collection<ActivityRecord>("activities");
  const protections = store.collection<ProtectionRecord>("protections");
  const collaborators = store.collection<Access>("collaborators");
  const statuses = store.collection<StatusRecord>("statuses");
  const deliveries = store.collection<DeliveryRecord>("deliveries");
  const counters = store.collection<number>("counters");
  const tokens = store.collection<{ expiresAt: string }>("installation-tokens");
  const ofRepository = [activities, protections, collaborators, statuses];

  function next(counter: string): number {
    const value = (counters.get(counter) ?? 1000) + 1;
    counters.put(counter, value);
    return value;
  }
  const newestFirst = <T>(rows: readonly { value: T }[]) => rows.map(({ value }) => value).reverse();

  return {
    tokens,
    transaction: store.transaction,
    repository: (owner: string, name: string) => repositories.get(nameOf(owner, name)),
    repositories: (owner: string) => repositories.list(`${owner}/`.toLowerCase()).map(({ value }) => value),
    /** @param administrator login of the person who made it */
    addRepository(draft: Omit<RepositoryRecord, "id">, administrator: string | undefined): RepositoryRecord {
      return store.transaction(() => {
        const repository = { ...draft, id: next("id") };
        repositories.put(nameOf(draft.owner, draft.name), repository);
        if (administrator) collaborators.put(`${key(repository.id)}/${administrator}`, "admin");
        return repository;
      });
    },
    saveRepository(repository: RepositoryRecord) {
      repositories.put(nameOf(repository.owner, repository.name), repository);
    },
    removeRepository({ id, owner, name }: RepositoryRecord) {
      store.transaction(() => {
        repositories.delete(nameOf(owner, name));
        for (const rows of ofRepository) for (const row of rows.list(`${key(id)}/`)) rows.delete(row.key);
      });
    },

    addActivity({ id: repository }: RepositoryRecord, activity: Omit<ActivityRecord, "id">) {
      const id = next("activity");
      activities.put(`${key(repository)}/${key(id)}`, { ...activity, id });
    },
    /** Newest first. */
    activities: ({ id }: RepositoryRecord) => newestFirst(activities.list(`${key(id)}/`)),

    protection: ({ id }: RepositoryRecord, branch: string) => protections.get(`${key(id)}/${branch}`),
    saveProtection({ id }: RepositoryRecord, branch: string, protection: ProtectionRecord) {
      protections.put(`${key(id)}/${branch}`, protection);
    },
    removeProtection: ({ id }: RepositoryRecord, branch: string) => protections.delete(`${key(id)}/${branch}`),

    collaborator: ({ id }: RepositoryRecord, login: string) => collaborators.get(`${key(id)}/${login}`),
    saveCollaborator({ id }: RepositoryRecord, login: string, access: Access) {
      collaborators.put(`${key(id)}/${login}`, access);
    },

    addStatus({ id: repository }: RepositoryRecord, sha: string, status: Omit<StatusRecord, "id">): StatusRecord {
      return store.transaction(() => {
        const record = { ...status, id: next("status") };
        statuses.put(`${key(repository)}/${sha}/${key(record.id)}`, record);
        return record;
      });
    },
    /** Newest first. */
    statuses: ({ id }: RepositoryRecord, sha: string) => newestFirst(statuses.list(`${key(id)}/${sha}/`)),

    addDelivery(delivery: Omit<DeliveryRecord, "id">): DeliveryRecord {
      return store.transaction(() => {
        const record = { ...delivery, id: next("delivery") };
        deliveries.put(key(record.id), record);
        return record;
      });
    },
    delivery: (id: number) => deliveries.get(key(id)),
    /** Newest first. */
    deliveries: () => newestFirst(deliveries.list()),
  };
}

export type Records = ReturnType<typeof openRecords>;
