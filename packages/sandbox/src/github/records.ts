import type { Collection, Store } from "../core/store.ts";
import type { Access } from "./accounts.ts";
import type {
  ActivityRecord,
  CheckRunRecord,
  CheckSuiteRecord,
  CommentRecord,
  DeliveryRecord,
  PlannedMoves,
  ProtectionRecord,
  PullRecord,
  RepositoryRecord,
  ReviewRecord,
  StatusRecord,
  TokenRecord,
} from "./rows.ts";

const nameOf = (owner: string, name: string) => `${owner}/${name}`.toLowerCase();
/** A number as a key, so that keys are ordered as numbers are. */
const key = (number: number) => String(number).padStart(12, "0");

const newestFirst = <T>(rows: readonly { value: T }[]) => rows.map(({ value }) => value).reverse();

/**
 * What a repository has many of: rows that vanish with it.
 *
 * @param owned takes what shall vanish
 */
function openRows<T>(store: Store, name: string, owned: Collection<unknown>[]) {
  const rows = store.collection<T>(name);
  owned.push(rows);
  const at = ({ id }: Pick<RepositoryRecord, "id">, path: string) => `${key(id)}/${path}`;
  return {
    get: (repository: RepositoryRecord, path: string) => rows.get(at(repository, path)),
    put: (repository: RepositoryRecord, path: string, row: T) => rows.put(at(repository, path), row),
    delete: (repository: RepositoryRecord, path: string) => rows.delete(at(repository, path)),
    /** Newest first. */
    list: (repository: RepositoryRecord, prefix = "") => newestFirst(rows.list(at(repository, prefix))),
  };
}

/** GitHub's rows of this sandbox. Names are compared without case, as GitHub does; ids are never used again. */
export function openRecords(store: Store) {
  const owned: Collection<unknown>[] = [];
  const repositories = store.collection<RepositoryRecord>("repositories");
  const activities = openRows<ActivityRecord>(store, "activities", owned);
  const protections = openRows<ProtectionRecord>(store, "protections", owned);
  const collaborators = openRows<Access>(store, "collaborators", owned);
  const statuses = openRows<StatusRecord>(store, "statuses", owned);
  const checkRuns = openRows<CheckRunRecord>(store, "check-runs", owned);
  const checkSuites = openRows<CheckSuiteRecord>(store, "check-suites", owned);
  const pulls = openRows<PullRecord>(store, "pulls", owned);
  const reviews = openRows<ReviewRecord>(store, "reviews", owned);
  const comments = openRows<CommentRecord>(store, "comments", owned);
  const deliveries = store.collection<DeliveryRecord>("deliveries");
  const plans = store.collection<PlannedMoves>("planned-moves");
  const counters = store.collection<number>("counters");
  const tokens = store.collection<TokenRecord>("installation-tokens");

  function next(counter: string, first = 1001): number {
    const value = (counters.get(counter) ?? first - 1) + 1;
    counters.put(counter, value);
    return value;
  }

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
        if (administrator) collaborators.put(repository, administrator, "admin");
        return repository;
      });
    },
    saveRepository(repository: RepositoryRecord) {
      repositories.put(nameOf(repository.owner, repository.name), repository);
    },
    removeRepository({ id, owner, name }: RepositoryRecord) {
      store.transaction(() => {
        repositories.delete(nameOf(owner, name));
        for (const rows of owned) for (const row of rows.list(`${key(id)}/`)) rows.delete(row.key);
      });
    },

    planMoves(draft: Omit<PlannedMoves, "id">): PlannedMoves {
      return store.transaction(() => {
        const plan = { ...draft, id: next("plan") };
        plans.put(key(plan.id), plan);
        return plan;
      });
    },
    forgetMoves: ({ id }: PlannedMoves) => plans.delete(key(id)),
    plannedMoves: () => plans.list().map(({ value }) => value),

    addActivity(repository: RepositoryRecord, activity: Omit<ActivityRecord, "id">) {
      const id = next("activity");
      activities.put(repository, key(id), { ...activity, id });
    },
    activities: (repository: RepositoryRecord) => activities.list(repository),

    protection: protections.get,
    saveProtection: protections.put,
    removeProtection: protections.delete,

    collaborator: collaborators.get,
    saveCollaborator: collaborators.put,

    addStatus(repository: RepositoryRecord, sha: string, status: Omit<StatusRecord, "id">): StatusRecord {
      return store.transaction(() => {
        const record = { ...status, id: next("status") };
        statuses.put(repository, `${sha}/${key(record.id)}`, record);
        return record;
      });
    },
    statuses: (repository: RepositoryRecord, sha: string) => statuses.list(repository, `${sha}/`),
    /** Of each context the newest, in the order in which they first spoke. */
    latestStatuses(repository: RepositoryRecord, sha: string): StatusRecord[] {
      const newest = new Map<string, StatusRecord>();
      for (const status of statuses.list(repository, `${sha}/`).reverse()) newest.set(status.context, status);
      return [...newest.values()];
    },

    /** Adds a check run, to the App's suite of that commit. */
    addCheckRun(repository: RepositoryRecord, run: Omit<CheckRunRecord, "id" | "suiteId">): CheckRunRecord {
      return store.transaction(() => {
        const known = checkSuites.list(repository).find(({ headSha }) => headSha === run.headSha);
        const suite = known ?? { id: next("check-suite"), headSha: run.headSha, createdAt: run.createdAt };
        if (!known) checkSuites.put(repository, key(suite.id), suite);
        const record = { ...run, id: next("check-run"), suiteId: suite.id };
        checkRuns.put(repository, key(record.id), record);
        return record;
      });
    },
    saveCheckRun: (repository: RepositoryRecord, run: CheckRunRecord) => checkRuns.put(repository, key(run.id), run),
    checkRun: (repository: RepositoryRecord, id: number) => checkRuns.get(repository, key(id)),
    checkRuns: (repository: RepositoryRecord, sha: string) =>
      checkRuns.list(repository).filter(({ headSha }) => headSha === sha),
    checkSuite: (repository: RepositoryRecord, id: number) => checkSuites.get(repository, key(id)),
    checkSuites: (repository: RepositoryRecord, sha: string) =>
      checkSuites.list(repository).filter(({ headSha }) => headSha === sha),

    addPull(repository: RepositoryRecord, draft: Omit<PullRecord, "id" | "number">): PullRecord {
      return store.transaction(() => {
        const record = { ...draft, id: next("pull"), number: next(`number/${key(repository.id)}`, 1) };
        pulls.put(repository, key(record.number), record);
        return record;
      });
    },
    savePull: (repository: RepositoryRecord, pull: PullRecord) => pulls.put(repository, key(pull.number), pull),
    pull: (repository: RepositoryRecord, number: number) => pulls.get(repository, key(number)),
    pulls: (repository: RepositoryRecord) => pulls.list(repository),

    addReview(repository: RepositoryRecord, draft: Omit<ReviewRecord, "id">): ReviewRecord {
      return store.transaction(() => {
        const record = { ...draft, id: next("review") };
        reviews.put(repository, `${key(record.pull)}/${key(record.id)}`, record);
        return record;
      });
    },
    saveReview: (repository: RepositoryRecord, review: ReviewRecord) =>
      reviews.put(repository, `${key(review.pull)}/${key(review.id)}`, review),
    review: (repository: RepositoryRecord, pull: number, id: number) =>
      reviews.get(repository, `${key(pull)}/${key(id)}`),
    reviews: (repository: RepositoryRecord, pull: number) => reviews.list(repository, `${key(pull)}/`),

    addComment(repository: RepositoryRecord, draft: Omit<CommentRecord, "id">): CommentRecord {
      return store.transaction(() => {
        const record = { ...draft, id: next("comment") };
        comments.put(repository, key(record.id), record);
        return record;
      });
    },
    saveComment: (repository: RepositoryRecord, comment: CommentRecord) =>
      comments.put(repository, key(comment.id), comment),
    removeComment: (repository: RepositoryRecord, { id }: CommentRecord) => comments.delete(repository, key(id)),
    comment: (repository: RepositoryRecord, id: number) => comments.get(repository, key(id)),
    comments: (repository: RepositoryRecord, pull: number) =>
      comments.list(repository).filter((comment) => comment.pull === pull),

    addDelivery(delivery: Omit<DeliveryRecord, "id">): DeliveryRecord {
      return store.transaction(() => {
        const record = { ...delivery, id: next("delivery") };
        deliveries.put(key(record.id), record);
        return record;
      });
    },
    delivery: (id: number) => deliveries.get(key(id)),
    /** Newest first, as are all lists here of what has an id. */
    deliveries: () => newestFirst(deliveries.list()),
  };
}

export type Records = ReturnType<typeof openRecords>;
