import type { Tag, Target } from "@aws-sdk/client-eventbridge";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Collection } from "../../core/store.ts";

export interface BusRecord {
  readonly name: string;
  readonly arn: string;
  readonly description?: string | undefined;
  /** Statements of the bus's policy. */
  readonly statements: readonly object[];
  readonly tags: readonly Tag[];
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
}

export interface RuleRecord {
  readonly name: string;
  readonly arn: string;
  /** Left out in records of before there were other buses: the default one. */
  readonly bus?: string | undefined;
  readonly pattern?: string | undefined;
  readonly schedule?: string | undefined;
  /** Since when the schedule counts, and when it comes next. */
  readonly scheduledSinceMs?: number | undefined;
  readonly nextAtMs?: number | undefined;
  readonly enabled: boolean;
  readonly description?: string | undefined;
  readonly roleArn?: string | undefined;
  readonly tags: readonly Tag[];
}

export const DEFAULT_BUS = "default";

type Home = Pick<Context, "collection">;

/** Buses that were made; the default one is there only once something was said about it. */
const buses = (home: Home): Collection<BusRecord> => home.collection("buses");

export const rules = (home: Home, bus = DEFAULT_BUS): Collection<RuleRecord> =>
  home.collection(bus === DEFAULT_BUS ? "rules" : `rules ${bus}`);

/** Targets of a rule, by their id. */
export const targets = (home: Home, rule: Pick<RuleRecord, "name" | "bus">): Collection<Target> =>
  home.collection(`targets ${(rule.bus ?? DEFAULT_BUS) === DEFAULT_BUS ? "" : `${rule.bus}/`}${rule.name}`);

export const busArn = (context: Pick<Context, "account" | "region">, name: string) =>
  `arn:aws:events:${context.region}:${context.account}:event-bus/${name}`;

export const listBuses = (context: Context): BusRecord[] => {
  const made = buses(context)
    .list()
    .map(({ value }) => value);
  return made.some(({ name }) => name === DEFAULT_BUS) ? made : [defaultBus(context), ...made];
};

function defaultBus(context: Pick<Context, "account" | "region">): BusRecord {
  const arn = busArn(context, DEFAULT_BUS);
  return { name: DEFAULT_BUS, arn, statements: [], tags: [], createdAtMs: 0, modifiedAtMs: 0 };
}

/** The bus of a name or an ARN of this account; undefined when there is none. */
export function findBus(context: Pick<Context, "account" | "region" | "collection">, given = DEFAULT_BUS) {
  const name = given.startsWith("arn:") ? (given.split("event-bus/")[1] ?? "") : given;
  return buses(context).get(name) ?? (name === DEFAULT_BUS ? defaultBus(context) : undefined);
}

/** Raises `ResourceNotFoundException`. */
export function getBus(context: Pick<Context, "account" | "region" | "collection">, given?: string): BusRecord {
  const bus = findBus(context, given);
  if (bus) return bus;
  const name = given?.split("event-bus/").at(-1);
  throw new AwsError("ResourceNotFoundException", `Event bus ${name} does not exist.`);
}

export const saveBus = (home: Home, bus: BusRecord) => buses(home).put(bus.name, bus);
export const removeBus = (home: Home, name: string) => buses(home).delete(name);

/** The bus's policy as a document; undefined where it has no statement. */
export function policyOf(bus: BusRecord): string | undefined {
  if (bus.statements.length === 0) return undefined;
  return JSON.stringify({ Version: "2012-10-17", Statement: bus.statements });
}

export function getRule(context: Context, name = "", bus?: string | undefined): RuleRecord {
  const { name: busName } = getBus(context, bus);
  const rule = rules(context, busName).get(name);
  if (!rule) throw new AwsError("ResourceNotFoundException", `Rule ${name} does not exist on EventBus ${busName}.`);
  return rule;
}

export function saveRule(home: Home, rule: RuleRecord): void {
  rules(home, rule.bus).put(rule.name, rule);
}

/** An event as rules and targets see it. */
export interface BusEvent {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}
