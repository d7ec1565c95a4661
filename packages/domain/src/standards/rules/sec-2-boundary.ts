import type { Json, Path, TemplateEdit } from "@turnpike/cloudformation";
import { branchesOf, textOf } from "../branches.ts";
import { type Fix, type Rule, type Violation, verdictOf } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { resourceOf } from "../targets.ts";
import { writtenEvent } from "../written-event.ts";

/** What the pipeline gives every template: the ARN of the account's boundary. */
const PARAMETER = "PermissionsBoundaryArn";
/** SAM's, for functions whose deployment preference names no role. */
const MADE_FOR_CODEDEPLOY = "CodeDeployServiceRole";

/** Where SAM reads the boundary of a role that it makes; undefined where it can't be told one. */
function writtenAt(item: Item): Path | undefined {
  const { type, path, id } = item.source;
  const event = writtenEvent(item, "Role");
  if (event?.type === "ScheduleV2") return [...event.path, "PermissionsBoundary"];
  return type === item.type || event || item.id === `${id}Role` ? [...path, "PermissionsBoundary"] : undefined;
}

function fixOf(subject: Subject, item: Item): Fix | undefined {
  const { parameters } = subject.written;
  const named = parameters.has(PARAMETER) ? PARAMETER : [...parameters.keys()].find((key) => /boundary/i.test(key));
  const made = named ? [] : [{ path: ["Parameters", PARAMETER, "Type"], value: "String" }];
  const value = { Ref: named ?? PARAMETER };
  if (item.id === MADE_FOR_CODEDEPLOY && item.source.type !== item.type) {
    return {
      summary: "Deploy by a role that has the account's boundary",
      edits: [...made, ...deployBy(subject, value)],
    };
  }
  const path = writtenAt(item);
  return path && { summary: "Bound the role by the account's boundary", edits: [...made, { path, value }] };
}

/** A role of the template's own in the place of the one that SAM makes for CodeDeploy, which it can't bound. */
function deployBy(subject: Subject, boundary: Json): TemplateEdit[] {
  const groups = subject.items("AWS::CodeDeploy::DeploymentGroup").filter(({ properties }) => {
    return resourceOf(subject, properties.ServiceRoleArn)?.id === MADE_FOR_CODEDEPLOY;
  });
  const role = {
    PermissionsBoundary: boundary,
    AssumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "codedeploy.amazonaws.com" } }],
    },
    ManagedPolicyArns: [{ "Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda" }],
  };
  const preferences = groups.map(({ id }) => ({
    path: ["Resources", id.replace(/DeploymentGroup$/, ""), "Properties", "DeploymentPreference", "Role"],
    value: { "Fn::GetAtt": ["DeploymentRole", "Arn"] },
  }));
  const added = { path: ["Resources", "DeploymentRole"], value: { Type: "AWS::IAM::Role", Properties: role } };
  return [added, ...preferences];
}

function judge(subject: Subject, item: Item): Violation[] {
  const at: Path = [...item.path, "PermissionsBoundary"];
  const name = item.id === item.source.id ? item.id : `${item.id} (made for ${item.source.id})`;
  const fix = fixOf(subject, item);
  const wrong = (message: string): Violation[] => [{ resource: item.id, at, message, ...(fix && { fix }) }];
  const boundaries = branchesOf(item.properties.PermissionsBoundary).map(({ value }) => value);
  if (boundaries.every((value) => value === undefined)) return wrong(`${name} has no boundary.`);
  if (boundaries.includes(undefined)) return wrong(`${name} has a boundary under a condition only.`);
  for (const boundary of boundaries) {
    if (resourceOf(subject, boundary)) return wrong(`${name} is bounded by a policy that the service itself writes.`);
    if (textOf(boundary)?.includes(":iam::aws:policy/")) {
      return wrong(`${name} is bounded by a policy of AWS's, not by the account's boundary.`);
    }
  }
  return [];
}

/**
 * That the policy which is named is the account's boundary is for the deployment to say: the role that deploys may make
 * no role with another.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 */
export const boundary: Rule = {
  id: "SEC-2",
  pillar: "security",
  title: "Every role that a service makes has the account's boundary",
  reason:
    "A service that makes roles could make one that may do more than the service itself. The boundary is what each of them can do at most, whatever its policies say.",
  effect: "block",
  check: (subject) => verdictOf(subject.items("AWS::IAM::Role"), (item) => judge(subject, item)),
};
