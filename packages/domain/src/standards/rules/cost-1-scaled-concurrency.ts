import type { Json, TemplateEdit } from "@turnpike/cloudformation";
import { memberOf, textOf } from "../branches.ts";
import { provisionedIn } from "../provisioned.ts";
import { type Found, type Rule, verdictOf } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { invokedBy, resourceOf, resourcesIn } from "../targets.ts";

const TARGET = "AWS::ApplicationAutoScaling::ScalableTarget";
const POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy";
const DIMENSION = "lambda:function:ProvisionedConcurrency";
/** Of what is provisioned, how much may be in use before there is more. */
const UTILIZATION = 0.7;

/** The scalable target of an alias: its resource id names the function, and the alias as text or by reference. */
function targetOf(subject: Subject, alias: Item): Item | undefined {
  const behind = invokedBy(subject, alias.properties.FunctionName)?.function;
  const name = textOf(alias.properties.Name);
  return subject.items(TARGET).find(({ properties: { ResourceId: id, ScalableDimension: dimension } }) => {
    if (dimension !== DIMENSION) return false;
    const named = resourcesIn(subject, id).map((item) => item.id);
    if (named.includes(alias.id)) return true;
    return behind !== undefined && named.includes(behind.id) && name !== undefined && textOf(id)?.endsWith(`:${name}`);
  });
}

function isTracked(subject: Subject, target: Item): boolean {
  return subject.items(POLICY).some(({ properties }) => {
    if (properties.TargetTrackingScalingPolicyConfiguration === undefined) return false;
    return resourceOf(subject, properties.ScalingTargetId, TARGET)?.id === target.id;
  });
}

/** Twice to ten times what is provisioned now is for a person to change; it is where scaling may begin. */
function targetEdit(alias: Item, functionId: string, minimum: Json): TemplateEdit {
  const name = textOf(alias.properties.Name) ?? "live";
  const highest = typeof minimum === "number" ? minimum * 10 : minimum;
  const value = {
    Type: TARGET,
    DependsOn: [alias.id],
    Properties: {
      ServiceNamespace: "lambda",
      ScalableDimension: DIMENSION,
      ResourceId: { "Fn::Sub": `function:\${${functionId}}:${name}` },
      MinCapacity: minimum,
      MaxCapacity: highest,
    },
  };
  return { path: ["Resources", `${functionId}Concurrency`], value };
}

function policyEdit(functionId: string, target: string): TemplateEdit {
  const tracking = {
    PredefinedMetricSpecification: { PredefinedMetricType: "LambdaProvisionedConcurrencyUtilization" },
    TargetValue: UTILIZATION,
  };
  const Properties = {
    PolicyName: "utilization",
    PolicyType: "TargetTrackingScaling",
    ScalingTargetId: { Ref: target },
    TargetTrackingScalingPolicyConfiguration: tracking,
  };
  return { path: ["Resources", `${functionId}Utilization`], value: { Type: POLICY, Properties } };
}

function judge(subject: Subject, alias: Item): Found {
  const behind = invokedBy(subject, alias.properties.FunctionName)?.function;
  const name = behind?.source.id ?? alias.source.id;
  const target = targetOf(subject, alias);
  if (target && isTracked(subject, target)) return [];
  const minimum = memberOf(alias.properties.ProvisionedConcurrencyConfig, "ProvisionedConcurrentExecutions");
  const message = target
    ? `The provisioned concurrency of ${name} may scale, but no policy scales it.`
    : `The provisioned concurrency of ${name} stays what it is, at noon and at night.`;
  const at = [...alias.path, "ProvisionedConcurrencyConfig"];
  // A version isn't scaled, only an alias; whose function it is must be known.
  if (!behind || minimum === undefined || alias.type !== "AWS::Lambda::Alias")
    return [{ resource: alias.id, at, message }];
  const added = target
    ? [policyEdit(behind.id, target.id)]
    : [targetEdit(alias, behind.id, minimum), policyEdit(behind.id, `${behind.id}Concurrency`)];
  return [{ resource: alias.id, at, message, fix: { summary: "Scale it by how much of it is used", edits: added } }];
}

/**
 * That what is provisioned follows the load. Scheduled actions, where the load is known beforehand, come beside it.
 * https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html#managing-provisioned-concurency
 */
export const scaledConcurrency: Rule = {
  id: "COST-1",
  pillar: "cost",
  title: "Provisioned concurrency follows the load",
  reason:
    "Provisioned concurrency costs by the hour, used or not. Scaled by its utilization there is enough of it at noon, and little of it at night.",
  effect: "block",
  check: (subject) => verdictOf(provisionedIn(subject), (item) => judge(subject, item)),
};
