import { isObject, type Json, type JsonObject, type Path } from "../json.ts";
import type { Resource } from "../template.ts";
import { type Expansion, makeResource, passedOn, resolveParameters } from "./context.ts";

const ACTIONS: Record<string, string> = {
  SQS: "sqs:SendMessage",
  SNS: "sns:Publish",
  EventBridge: "events:PutEvents",
  Lambda: "lambda:InvokeFunction",
};

/** What EventInvokeConfig adds, beside its own resource, to the function's role. */
export function expandEventInvokeConfig(
  expansion: Expansion,
  functionId: string,
  given: { properties: JsonObject; aliasName: string | undefined; alias: string | undefined; resource: Resource },
): Json[] {
  const { EventInvokeConfig: declared } = given.properties;
  if (!isObject(declared)) return [];
  const config = resolveParameters(declared, expansion.parameters) as JsonObject;
  const logicalId = `${functionId}EventInvokeConfig`;
  const path: Path = ["Resources", functionId, "Properties", "EventInvokeConfig", "DestinationConfig"];
  const destinations: JsonObject = {};
  const policies: Json[] = [];
  for (const event of ["OnSuccess", "OnFailure"]) {
    const destination = isObject(config.DestinationConfig) ? config.DestinationConfig[event] : undefined;
    if (!isObject(destination)) continue;
    const { Type: type, Destination: target } = destination;
    const action = typeof type === "string" && Object.hasOwn(ACTIONS, type) ? ACTIONS[type] : undefined;
    if (!action || target === undefined || typeof type !== "string") {
      const message = `A destination needs its ARN and a Type of ${Object.keys(ACTIONS).join(", ")}.`;
      expansion.findings.add([...path, event], message);
      continue;
    }
    destinations[event] = { Destination: target };
    policies.push({
      PolicyName: `${logicalId}${event}${type}Policy`,
      PolicyDocument: { Statement: [{ Action: action, Resource: target, Effect: "Allow" }] },
    });
  }
  const properties = {
    FunctionName: { Ref: functionId },
    Qualifier: given.aliasName ?? "$LATEST",
    DestinationConfig: Object.keys(destinations).length > 0 ? destinations : {},
    MaximumEventAgeInSeconds: config.MaximumEventAgeInSeconds,
    MaximumRetryAttempts: config.MaximumRetryAttempts,
  };
  const attributes = {
    ...passedOn(given.resource),
    metadata: given.resource.metadata,
    dependsOn: given.alias ? [given.alias] : [],
  };
  expansion.add(functionId, logicalId, makeResource("AWS::Lambda::EventInvokeConfig", properties, attributes));
  return policies;
}
