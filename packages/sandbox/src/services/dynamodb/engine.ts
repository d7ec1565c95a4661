import { AwsError } from "../../core/errors.ts";
import type { WireItem } from "./values.ts";

/** A table as dynalite knows it: the part of a table's description that items depend on. */
export interface DynaliteTable {
  readonly TableName: string;
  readonly TableStatus: string;
  readonly KeySchema: readonly { AttributeName?: string | undefined; KeyType?: string | undefined }[];
  readonly AttributeDefinitions: readonly object[];
  readonly LocalSecondaryIndexes?: readonly object[];
  readonly GlobalSecondaryIndexes?: readonly object[];
}

type Done<T> = (error: DynaliteError | null, value?: T) => void;

/** A failure as dynalite gives it: `body` is what the wire would carry. */
export interface DynaliteError extends Error {
  readonly statusCode?: number;
  readonly body?: { readonly __type: string; readonly message?: string };
}

/** Keys and values of one table or index, in order of the keys. */
export interface DynaliteSpace {
  lock(key: string, work: (release: <T>(done: T) => T) => void): void;
  get(key: string, done: Done<WireItem>): void;
  put(key: string, item: WireItem, done: Done<void>): void;
  del(key: string, done: Done<void>): void;
  createValueStream(range: KeyRange): NodeJS.ReadableStream;
}

export interface KeyRange {
  readonly gt?: string;
  readonly gte?: string;
  readonly lt?: string;
  readonly lte?: string;
  readonly reverse?: boolean;
  /** -1: all. */
  readonly limit?: number;
}

/** What dynalite's actions ask of their storage. */
export interface DynaliteStore {
  readonly options: { readonly maxItemSize: number };
  getTable(name: string, check: boolean | Done<DynaliteTable>, done?: Done<DynaliteTable>): void;
  getItemDb(tableName: string): DynaliteSpace;
  getIndexDb(type: string, tableName: string, indexName: string): DynaliteSpace;
}

/** The types of dynalite's own modules, for `dynalite.d.ts`. @public */
/** @public Of dynalite.d.ts. */
export type DynaliteAction = (store: DynaliteStore, data: object, done: Done<object>) => void;
/** @public */
/** @public Of dynalite.d.ts. */
export interface DynaliteRules {
  readonly types: object;
  readonly custom?: unknown;
}
/** @public */
/** @public Of dynalite.d.ts. */
export interface DynaliteChecks {
  checkTypes(data: unknown, types: object): object;
  checkValidations(data: object, types: object, custom: unknown, store: DynaliteStore): void;
}
/** @public */
/** @public Of dynalite.d.ts. */
export interface DynaliteDb {
  createKey(item: WireItem, table: DynaliteTable): string;
  validateKey(key: WireItem, table: DynaliteTable): DynaliteError | null | undefined;
  checkConditional(data: object, item: WireItem | undefined): DynaliteError | null | undefined;
  itemSize(item: WireItem): number;
  updateIndexes(
    store: DynaliteStore,
    table: DynaliteTable,
    before: WireItem | null,
    after: WireItem | null,
    done: Done<void>,
  ): void;
}

/** 400 KB, names and values together. */
export const LARGEST_ITEM_BYTES = 409_600;

async function load() {
  const [{ default: db }, { default: checks }, ...parts] = await Promise.all([
    import("dynalite/db/index.js"),
    import("dynalite/validations/index.js"),
    import("dynalite/actions/getItem.js"),
    import("dynalite/actions/putItem.js"),
    import("dynalite/actions/updateItem.js"),
    import("dynalite/actions/deleteItem.js"),
    import("dynalite/actions/batchGetItem.js"),
    import("dynalite/actions/batchWriteItem.js"),
    import("dynalite/actions/query.js"),
    import("dynalite/actions/scan.js"),
  ]);
  const rules = await Promise.all([
    import("dynalite/validations/getItem.js"),
    import("dynalite/validations/putItem.js"),
    import("dynalite/validations/updateItem.js"),
    import("dynalite/validations/deleteItem.js"),
    import("dynalite/validations/batchGetItem.js"),
    import("dynalite/validations/batchWriteItem.js"),
    import("dynalite/validations/query.js"),
    import("dynalite/validations/scan.js"),
    import("dynalite/validations/createTable.js"),
  ]);
  const names = ["getItem", "putItem", "updateItem", "deleteItem", "batchGetItem", "batchWriteItem", "query", "scan"];
  return {
    db,
    checks,
    actions: new Map(names.map((name, index) => [name, parts[index]?.default])),
    rules: new Map([...names, "createTable"].map((name, index) => [name, rules[index]?.default])),
  };
}

let loading: ReturnType<typeof load> | undefined;

/** dynalite's rules and actions, loaded when DynamoDB is first used: they bring LevelDB along, which isn't used here. */
export async function dynalite(): Promise<Dynalite> {
  loading ??= load();
  const { db, checks, actions, rules } = await loading;
  return {
    db,
    check(name, input, store) {
      const { types, custom } = rules.get(name) ?? { types: {} };
      return translated(() => {
        const data = checks.checkTypes(input, types);
        checks.checkValidations(data, types, custom, store);
        return data;
      });
    },
    act(name, store, data) {
      let answer: { error: DynaliteError | null; value: object | undefined } | undefined;
      actions.get(name)?.(store, data, (error, value) => {
        answer = { error, value };
      });
      if (!answer)
        throw new Error(`dynalite's ${name} didn't finish within the call; it can't be part of a transaction.`);
      if (answer.error) throw toAwsError(answer.error);
      return answer.value ?? {};
    },
    read: (name, store, data) =>
      new Promise((resolve, reject) => {
        actions.get(name)?.(store, data, (error, value = {}) => (error ? reject(toAwsError(error)) : resolve(value)));
      }),
  };
}

export interface Dynalite {
  readonly db: DynaliteDb;
  /** Checks an input as DynamoDB does before it looks at any table, and returns it with its expressions parsed. */
  check(name: string, input: unknown, store: DynaliteStore): object;
  /** Runs an action whose storage answers at once, so that it can be part of a transaction. */
  act(name: string, store: DynaliteStore, data: object): object;
  /** Runs a query or a scan, which read in pieces. */
  read(name: string, store: DynaliteStore, data: object): Promise<object>;
}

function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toAwsError(error as DynaliteError);
  }
}

/** dynalite's error as the service's own: the part of `__type` after `#` is the modelled error's name. */
export function toAwsError(error: DynaliteError): Error {
  if (!error.body) return error;
  const { __type, message, Message } = error.body as { __type: string; message?: string; Message?: string };
  return new AwsError(__type.split("#").at(-1) ?? __type, message ?? Message ?? "");
}
