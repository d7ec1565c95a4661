import { branchesOf, memberOf, membersOf, textOf } from "../branches.ts";
import { type Found, type Rule, verdictOf } from "../rule.ts";
import type { Item } from "../subject.ts";

const ADOT_LAYER = /aws-otel|AWSOpenTelemetryDistro/;

/** Where each type says that it is traced, and what it says then. */
const PLACES = {
  "AWS::Lambda::Function": { property: "TracingConfig", member: "Mode", value: "Active", written: "Active" },
  "AWS::StepFunctions::StateMachine": {
    property: "TracingConfiguration",
    member: "Enabled",
    value: true,
    written: { Enabled: true },
  },
  // A stage of a REST API; an HTTP API has no tracing of its own.
  "AWS::ApiGateway::Stage": { property: "TracingEnabled", member: undefined, value: true, written: true },
} as const;
type Traced = keyof typeof PLACES;

const hasAdot = ({ properties }: Item) =>
  membersOf(properties.Layers).some(({ value }) => ADOT_LAYER.test(textOf(value) ?? ""));

function judge(type: Traced, item: Item): Found {
  const { id, properties, path, source } = item;
  const { property, member, value, written } = PLACES[type];
  const given = branchesOf(properties[property]).flatMap(({ value: config }) =>
    member === undefined ? [{ value: config }] : branchesOf(memberOf(config, member)),
  );
  const said = given.map(({ value: mode }) => (mode === undefined ? "" : textOf(mode)));
  const isOn = said.includes(String(value));
  if (hasAdot(item)) {
    const message = `${source.id} sends its spans twice: by the OpenTelemetry layer and by Lambda's own tracing.`;
    return isOn ? [{ resource: id, at: [...path, "Layers"], message }] : [];
  }
  if (said.every((mode) => mode === String(value))) return [];
  if (said.includes(undefined))
    return [{ look: `Whether ${source.id} is traced in every environment: a parameter says so.` }];
  const serverless = source.type.startsWith("AWS::Serverless::") && member !== undefined;
  const edits = serverless
    ? [{ path: [...source.path, "Tracing"], value: written }]
    : [{ path: [...source.path, property], value: member === undefined ? value : { [member]: value } }];
  const message = `${source.id} isn't traced${isOn ? " in every environment" : ""}.`;
  return [{ resource: id, at: path, message, fix: { summary: "Trace every invocation", edits } }];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html */
export const tracing: Rule = {
  id: "OPS-2",
  pillar: "operations",
  title: "Functions, APIs and state machines are traced, once",
  reason:
    "Without a trace nobody sees which of several services made a request slow or fail. Two tracers at once cost twice and show every call twice.",
  effect: "block",
  check(subject) {
    const types = Object.keys(PLACES) as Traced[];
    const judges = types.flatMap((type) => subject.items(type).map((item) => () => judge(type, item)));
    return verdictOf(judges, (each) => each());
  },
};
