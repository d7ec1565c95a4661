import { isObject } from "@turnpike/cloudformation";
import { type Rule, type Violation, verdictOf } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";

const ADOT_LAYER = /aws-otel|AWSOpenTelemetryDistro/;

function untraced(subject: Subject, { id, type, properties, path, source }: Item): Violation[] {
  const name = type === "AWS::Lambda::Function" ? "TracingConfig" : "TracingConfiguration";
  const config = properties[name];
  const active =
    isObject(config) && (type === "AWS::Lambda::Function" ? config.Mode === "Active" : config.Enabled === true);
  if (active) return [];
  const serverless = source.type.startsWith("AWS::Serverless::");
  const value = type === "AWS::Lambda::Function" ? (serverless ? "Active" : { Mode: "Active" }) : { Enabled: true };
  const property = serverless ? "Tracing" : name;
  const message = `${subject.expanded.originOf(id)} isn't traced.`;
  const edits = [{ path: [...source.path, property], value }];
  return [{ resource: id, at: path, message, fix: { summary: "Trace every invocation", edits } }];
}

function tracedTwice({ id, properties, path }: Item): Violation[] {
  const layers = Array.isArray(properties.Layers) ? properties.Layers : [];
  const adot = layers.some((layer) => ADOT_LAYER.test(JSON.stringify(layer)));
  const config = properties.TracingConfig;
  if (!adot || !isObject(config) || config.Mode !== "Active") return [];
  const message = "Spans are sent twice: by the OpenTelemetry layer and by Lambda's own tracing.";
  return [{ resource: id, at: [...path, "Layers"], message }];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html */
export const tracing: Rule = {
  id: "OPS-2",
  pillar: "operations",
  title: "Functions and state machines are traced, once",
  reason:
    "Without a trace nobody sees which of several services made a request slow or fail. Two tracers at once cost twice and show every call twice.",
  effect: "block",
  check(subject) {
    const functions = subject.items("AWS::Lambda::Function");
    const machines = subject.items("AWS::StepFunctions::StateMachine");
    return verdictOf([...functions, ...machines], (item) => [...untraced(subject, item), ...tracedTwice(item)]);
  },
};
