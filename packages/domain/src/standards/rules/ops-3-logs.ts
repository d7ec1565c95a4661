import type { Json } from "@turnpike/cloudformation";
import { memberOf, textOf } from "../branches.ts";
import { type Doubt, type Rule, type Violation, verdictOf } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { resourceOf, resourcesIn } from "../targets.ts";
import { ifWritable } from "../writable.ts";

const LOG_GROUP = "AWS::Logs::LogGroup";
const RETENTION_DAYS = 30;

/** The group of a function that names none: `/aws/lambda/<name>`, where the template makes it. */
function defaultGroup(subject: Subject, item: Item): Item | undefined {
  return subject.items(LOG_GROUP).find(({ properties: { LogGroupName: name } }) => {
    const isDefault = textOf(name)?.startsWith("/aws/lambda/");
    const named = item.properties.FunctionName;
    if (isDefault && resourcesIn(subject, name).some(({ id }) => id === item.id)) return true;
    return isDefault && named !== undefined && textOf(name)?.endsWith(`/${textOf(named)}`);
  });
}

const isJson = (config: Json | undefined) => memberOf(config, "LogFormat") === "JSON";

function judge(subject: Subject, item: Item): (Violation | Doubt)[] {
  const { id, properties, path, source } = item;
  const config = properties.LoggingConfig;
  const found: (Violation | Doubt)[] = [];
  if (!isJson(config)) {
    const edits = [{ path: [...source.path, "LoggingConfig", "LogFormat"], value: "JSON" }];
    const fix = { summary: "Write its logs as JSON", edits };
    found.push({ resource: id, at: path, message: `The logs of ${source.id} are text.`, ...ifWritable(subject, fix) });
  }
  const named = memberOf(config, "LogGroup");
  const group = named === undefined ? defaultGroup(subject, item) : resourceOf(subject, named, LOG_GROUP);
  if (group) {
    if (group.properties.RetentionInDays !== undefined) return found;
    const edits = [{ path: [...group.source.path, "RetentionInDays"], value: RETENTION_DAYS }];
    const fix = { summary: `Keep them ${RETENTION_DAYS} days`, edits };
    return [...found, { resource: group.id, at: group.path, message: `${group.id} keeps its logs for ever.`, fix }];
  }
  if (named !== undefined)
    return [...found, { look: `How long the log group of ${source.id} keeps its logs: it isn't in the template.` }];
  const logs = `${source.id}Logs`;
  const edits = [
    { path: [...source.path, "LoggingConfig", "LogGroup"], value: { Ref: logs } },
    { path: ["Resources", logs], value: { Type: LOG_GROUP, Properties: { RetentionInDays: RETENTION_DAYS } } },
  ];
  const message = `The log group of ${source.id} isn't in the template: Lambda makes one that keeps everything.`;
  return [
    ...found,
    {
      resource: id,
      at: path,
      message,
      ...ifWritable(subject, { summary: "Give it a log group with a retention", edits }),
    },
  ];
}

/**
 * Its part in the template: format, group and retention. Whether the account's logs are central is seen in the account.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
 */
export const logs: Rule = {
  id: "OPS-3",
  pillar: "operations",
  title: "Logs are JSON, in a group of the template, for a stated time",
  reason:
    "Text has to be guessed at, JSON can be searched by its fields and joined by its correlation id. A group that Lambda makes by itself has no retention and stays when the stack goes.",
  effect: "block",
  check: (subject) => verdictOf(subject.items("AWS::Lambda::Function"), (item) => judge(subject, item)),
};
