import { intrinsicOf, isObject, type Json } from "@turnpike/cloudformation";
import { errorAlarms } from "../alarms.ts";
import { memberOf, membersOf } from "../branches.ts";
import { configuredValues } from "../configured-values.ts";
import { isHook, shiftOf } from "../hooks.ts";
import { type Doubt, type Fix, type Rule, type Violation, verdictOf } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { invokedBy, resourceOf } from "../targets.ts";

const GRADUALLY = "Canary10Percent5Minutes";
const SERVERLESS = "AWS::Serverless::Function";
/** Elsewhere all traffic may move at once: nobody waits for a canary in dev. */
const PRODUCTION = "prod";

function aliasOf(subject: Subject, { id }: Item): Item | undefined {
  const aliases = subject.items("AWS::Lambda::Alias");
  const own = aliases.filter(({ properties }) => invokedBy(subject, properties.FunctionName)?.function.id === id);
  return own.find((alias) => shiftOf(alias) !== undefined) ?? own[0];
}

const globalPreference = ({ written }: Subject) =>
  memberOf(memberOf(written.globals, "Function"), "DeploymentPreference");

/** How traffic moves, by the deployment group that the alias names. */
function judgeShift(subject: Subject, item: Item, group: Item | undefined): (Violation | Doubt)[] {
  const { id, path, source } = item;
  if (!group) return [{ look: `How traffic moves to a new version of ${source.id}: its deployment group isn't here.` }];
  // SAM reads a parameter's default where an environment may give another.
  const written = source.properties.DeploymentPreference ?? globalPreference(subject);
  const chosen = intrinsicOf(memberOf(written, "Type"));
  if (chosen) return judgeChoice(subject, item, chosen.name === "Ref" ? String(chosen.argument) : undefined);
  const config = group.properties.DeploymentConfigName;
  // SAM puts the name in by a variable of its own.
  const isAtOnce = config === undefined || JSON.stringify(config).includes("AllAtOnce");
  if (!isAtOnce) return [];
  const message = `All traffic moves to a new version of ${source.id} at once.`;
  return [{ resource: id, at: path, message, ...preference(item, "Type", GRADUALLY, "Move a tenth first") }];
}

/** How traffic moves where each environment's configuration says so: production's counts. */
function judgeChoice(subject: Subject, { id, source }: Item, parameter: string | undefined): (Violation | Doubt)[] {
  const values = parameter === undefined ? undefined : configuredValues(subject, parameter);
  const production = values?.find(({ environment }) => environment === PRODUCTION);
  if (!production) {
    return [{ look: `How traffic moves to a new version of ${source.id} in each environment: a parameter says so.` }];
  }
  const { file, line, value } = production;
  if (!value.includes("AllAtOnce")) return [];
  const message = `In production all traffic moves to a new version of ${source.id} at once.`;
  return [{ resource: id, at: { file, line }, message }];
}

/** A fix of the function's `DeploymentPreference`, which only SAM has. */
function preference({ source }: Item, name: string, value: Json, summary: string): { fix?: Fix } {
  if (source.type !== SERVERLESS) return {};
  return { fix: { summary, edits: [{ path: [...source.path, "DeploymentPreference", name], value }] } };
}

function judgeAlarms(subject: Subject, item: Item, group: Item | undefined): Violation[] {
  const config = group?.properties.AlarmConfiguration;
  const watched = membersOf(memberOf(config, "Alarms")).length > 0 && memberOf(config, "Enabled") !== false;
  if (watched) return [];
  const [alarm] = errorAlarms(subject, item);
  const message = `No alarm rolls a new version of ${item.source.id} back.`;
  const fix = alarm ? preference(item, "Alarms", [{ Ref: alarm.id }], `Roll back on ${alarm.id}`) : {};
  return [{ resource: item.id, at: item.path, message, ...fix }];
}

/** A function without an alias, or with one whose traffic moves at once. */
function judgeUnshifted(item: Item, alias: Item | undefined): Violation[] {
  const { id, path, source } = item;
  const message = `A new version of ${source.id} gets all traffic at once.`;
  const { fix } = preference(item, "Type", GRADUALLY, "Move a tenth of the traffic first");
  if (!fix) return [{ resource: id, at: path, message }];
  const publishing = alias ? [] : [{ path: [...source.path, "AutoPublishAlias"], value: "live" }];
  return [{ resource: id, at: path, message, fix: { ...fix, edits: [...publishing, ...fix.edits] } }];
}

function judge(subject: Subject, item: Item): (Violation | Doubt)[] {
  const { id, path, source } = item;
  const alias = aliasOf(subject, item);
  const shift = alias && shiftOf(alias);
  const name = memberOf(shift, "DeploymentGroupName");
  const group = name === undefined ? undefined : resourceOf(subject, name, "AWS::CodeDeploy::DeploymentGroup");
  const found: (Violation | Doubt)[] = isObject(shift) ? judgeShift(subject, item, group) : judgeUnshifted(item, alias);
  found.push(...judgeAlarms(subject, item, group));
  if (memberOf(shift, "BeforeAllowTrafficHook") === undefined) {
    const message = `Nothing tries a new version of ${source.id} before it gets traffic.`;
    found.push({ resource: id, at: path, message });
  }
  return found;
}

/**
 * What the hook tries is for a person to say: that one is missing has no fix. A function that is itself a hook isn't meant.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/automating-updates-to-serverless-apps.html
 */
export const gradualDeployment: Rule = {
  id: "OPS-5",
  pillar: "operations",
  title: "A new version gets its traffic step by step, and goes back by itself",
  reason:
    "What tests didn't show, the first tenth of real requests does, and then nine tenths never saw it. An alarm rolls it back faster than a person reads it, and a hook that fails lets no traffic through at all.",
  effect: "block",
  check(subject) {
    const functions = subject.items("AWS::Lambda::Function").filter((item) => !isHook(subject, item));
    return verdictOf(functions, (item) => judge(subject, item));
  },
};
