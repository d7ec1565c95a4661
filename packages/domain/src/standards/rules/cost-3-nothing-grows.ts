import type { Json } from "@turnpike/cloudformation";
import { branchesOf, isGivenIn, memberOf, membersOf } from "../branches.ts";
import { type Found, type Rule, verdictOf } from "../rule.ts";
import type { Item } from "../subject.ts";

const RETENTION_DAYS = 30;
/** What of a lifecycle rule makes an object, or an old version of it, go away. */
const EXPIRIES = [
  "ExpirationInDays",
  "ExpirationDate",
  "NoncurrentVersionExpiration",
  "NoncurrentVersionExpirationInDays",
];

const judges: Readonly<Record<string, (item: Item) => Found>> = {
  "AWS::Logs::LogGroup"({ id, properties, path, source }) {
    if (isGivenIn(properties, "RetentionInDays")) return [];
    const edits = [{ path: [...source.path, "RetentionInDays"], value: RETENTION_DAYS }];
    const fix = { summary: `Keep them ${RETENTION_DAYS} days`, edits };
    return [{ resource: id, at: path, message: `${id} keeps its logs for ever.`, fix }];
  },
  "AWS::S3::Bucket"({ id, properties, path }) {
    const rules = membersOf(memberOf(properties.LifecycleConfiguration, "Rules")).map(({ value }) => value);
    if (rules.some(isExpiry)) return [];
    return [{ resource: id, at: path, message: `Nothing in the bucket ${id} ever goes away.` }];
  },
  "AWS::DynamoDB::Table": table,
  "AWS::DynamoDB::GlobalTable": table,
};

function isExpiry(rule: Json): boolean {
  return memberOf(rule, "Status") !== "Disabled" && EXPIRIES.some((name) => memberOf(rule, name) !== undefined);
}

function table({ id, properties, path, source }: Item): Found {
  const given = branchesOf(properties.TimeToLiveSpecification).map(({ value }) => memberOf(value, "Enabled"));
  if (given.every((enabled) => enabled !== undefined && enabled !== false && enabled !== "false")) return [];
  return [{ resource: id, at: path, message: `No item of the table ${source.id} ever expires.` }];
}

/**
 * Its part in the template. Groups that Lambda makes by itself are OPS-3's matter. A table whose items are meant to stay has
 * a waiver that says so; when things may go is for a person to say, so that only logs have a fix.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
 */
export const nothingGrows: Rule = {
  id: "COST-3",
  pillar: "cost",
  title: "Nothing grows for ever",
  reason:
    "What is kept without an end is paid for without an end, and nobody remembers what it was for. An expiry is decided once, while it is still known.",
  effect: "block",
  check(subject) {
    const kept = Object.entries(judges).flatMap(([type, judge]) =>
      subject.items(type).map((item) => () => judge(item)),
    );
    return verdictOf(kept, (judge) => judge());
  },
};
