import { describe, expect, it } from "vitest";
import {
  changesBetween,
  createEvaluator,
  type DeployedResource,
  type DeployedStack,
  expandTemplate,
  KNOWN_AFTER_APPLY,
  parseTemplate,
  type ResourceChange,
  type StackState,
} from "./index.ts";

const pseudo = { accountId: "2", region: "eu-west-1", stackName: "orders", stackId: "id" };
const values = {
  reference: (id: string) => `physical-${id}`,
  attribute: (id: string, name: string) => `${id}/${name}`,
};

function state(text: string, parameters: Record<string, string> = {}, tags: Record<string, string> = {}): StackState {
  const given = new Map(Object.entries(parameters));
  const template = expandTemplate(parseTemplate(text), given, { region: "eu-west-1" });
  return { template, evaluator: createEvaluator(template, given, pseudo), tags: new Map(Object.entries(tags)) };
}

function deploy(given: StackState): DeployedStack {
  const resources = new Map<string, DeployedResource>();
  for (const id of given.evaluator.activeResources()) {
    const type = given.template.resources.get(id)?.type ?? "";
    resources.set(id, { type, physicalId: `physical-${id}`, properties: given.evaluator.properties(id, values) });
  }
  return { ...given, resources, values };
}

const options = { precise: true, takesStackTags: (type: string) => type === "AWS::SNS::Topic" };
const between = (before: StackState | undefined, after: StackState, given = options) =>
  changesBetween(before && deploy(before), after, given);
const summary = (changes: ResourceChange[]) =>
  changes.map(({ action, logicalId, replacement, scope }) =>
    [action, logicalId, replacement, scope.join()].join(" ").trim(),
  );
const reasons = (change: ResourceChange | undefined) =>
  change?.details.map((d) => [d.name, d.source, d.evaluation, d.requiresRecreation, d.causingEntity].join(" ").trim());

const topics = (name: string, more = "") => `
Parameters: { Name: { Type: String, Default: one } }
Resources:
  Foo: { Type: AWS::SNS::Topic, Properties: { TopicName: ${name} } }
  Parameter: { Type: AWS::SSM::Parameter, Properties: { Type: String, Value: !GetAtt Foo.TopicName } }
${more}`;

/** Expectations with a * are recorded answers of AWS (LocalStack's test_change_sets and test_change_set_fn_get_attr). */
describe("a change set", () => {
  it("adds everything to an empty stack, in the order of logical ids", () => {
    expect(summary(between(undefined, state(topics("topic-1"))))).toEqual(["Add Foo", "Add Parameter"]);
  });

  it("is empty when nothing changed", () => {
    expect(between(state(topics("topic-1")), state(`${topics("topic-1")}  # a comment`))).toEqual([]);
  });

  it("replaces a resource whose create-only property changes, and updates what uses it*", () => {
    const changes = between(state(topics("topic-1")), state(topics("topic-2")));
    expect(summary(changes)).toEqual(["Modify Foo True Properties", "Modify Parameter False Properties"]);
    expect(changes[0]?.policyAction).toBe("ReplaceAndDelete");
    expect(reasons(changes[0])).toEqual(["TopicName DirectModification Static Always"]);
    expect(reasons(changes[1])).toContain("Value ResourceAttribute Static Never Foo.TopicName");
    expect(changes[1]?.after).toEqual({ Type: "String", Value: "{{changeSet:KNOWN_AFTER_APPLY}}" });
  });

  it("names the parameter that a change comes from*", () => {
    const changes = between(state(topics("!Ref Name"), { Name: "one" }), state(topics("!Ref Name"), { Name: "two" }));
    expect(reasons(changes[0])).toEqual([
      "TopicName ParameterReference Static Always Name",
      "TopicName DirectModification Dynamic Always",
    ]);
  });

  it("reports what uses an attribute of a changed resource as dynamic, but not when asked for values*", () => {
    const text = (display: string) => `
Resources:
  Topic1: { Type: AWS::SNS::Topic, Properties: { TopicName: a, DisplayName: ${display} } }
  Topic2: { Type: AWS::SNS::Topic, Properties: { DisplayName: !GetAtt Topic1.DisplayName } }
  Topic3: { Type: AWS::SNS::Topic, Properties: { DisplayName: !Ref Topic1 } }`;
    const loose = between(state(text("x")), state(text("y")), { ...options, precise: false });
    expect(summary(loose)).toEqual(["Modify Topic1 False Properties", "Modify Topic2 False Properties"]);
    expect(reasons(loose[1])).toEqual(["DisplayName ResourceAttribute Dynamic Never Topic1.DisplayName"]);
    expect(summary(between(state(text("x")), state(text("y"))))).toEqual(["Modify Topic1 False Properties"]);
  });

  it("leaves a replacement conditional when only the deployment tells the create-only value", () => {
    const text = (display: string) => `
Resources:
  Topic1: { Type: AWS::SNS::Topic, Properties: { DisplayName: ${display} } }
  Topic2: { Type: AWS::SNS::Topic, Properties: { TopicName: !GetAtt Topic1.DisplayName } }`;
    const changes = between(state(text("x")), state(text("y")), { ...options, precise: false });
    expect(summary(changes)).toEqual(["Modify Topic1 False Properties", "Modify Topic2 Conditional Properties"]);
  });

  it("removes what is gone or switched off, and keeps what is to be retained", () => {
    const before = state(
      `
Parameters: { On: { Type: String } }
Conditions: { IsOn: !Equals [!Ref On, y] }
Resources:
  A: { Type: AWS::SNS::Topic, Condition: IsOn }
  B: { Type: AWS::SNS::Topic, DeletionPolicy: Retain }
  C: { Type: AWS::SNS::Topic }`,
      { On: "y" },
    );
    const after = state(
      `
Parameters: { On: { Type: String } }
Conditions: { IsOn: !Equals [!Ref On, y] }
Resources:
  A: { Type: AWS::SNS::Topic, Condition: IsOn }
  C: { Type: AWS::SNS::Topic }`,
      { On: "n" },
    );
    const changes = between(before, after);
    expect(changes.map((change) => [change.action, change.logicalId, change.policyAction])).toEqual([
      ["Remove", "A", "Delete"],
      ["Remove", "B", "Retain"],
    ]);
  });

  it("changes the tags of what takes the stack's tags", () => {
    const before = state(topics("a"), {}, { team: "payments" });
    expect(summary(between(before, state(topics("a"), {}, { team: "shop" })))).toEqual(["Modify Foo False Tags"]);
  });

  it("publishes a new version and moves the alias when the code's key changes", () => {
    const text = `
Transform: AWS::Serverless-2016-10-31
Parameters: { Key: { Type: String } }
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: { Bucket: b, Key: !Ref Key }, Handler: i.h, Runtime: nodejs22.x, AutoPublishAlias: live }`;
    const changes = between(state(text, { Key: "1.zip" }), state(text, { Key: "2.zip" }));
    const actions = changes.map(({ action, type, replacement }) => `${action} ${type} ${replacement ?? ""}`.trim());
    expect(actions.sort()).toEqual([
      "Add AWS::Lambda::Version",
      "Modify AWS::Lambda::Alias False",
      "Modify AWS::Lambda::Function False",
      "Remove AWS::Lambda::Version",
    ]);
    expect(changes.find((change) => change.action === "Remove")?.policyAction).toBe("Retain");
  });

  it("tells that the way an alias is updated changed", () => {
    const alias = (policy: string) => `
Resources:
  Alias: { Type: AWS::Lambda::Alias, UpdatePolicy: { CodeDeployLambdaAliasUpdate: { ApplicationName: ${policy} } } }`;
    expect(summary(between(state(alias("one")), state(alias("two"))))).toEqual(["Modify Alias False UpdatePolicy"]);
  });

  it("shows what is cut out of an unknown value as unknown too", () => {
    const text = `
Resources:
  Vpc: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16 } }
  Subnet:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: !Select [1, !Cidr [!GetAtt Vpc.CidrBlock, 2, 8]]
      Tags: [{ Key: owner, Value: !Select [4, !Split [":", !GetAtt Vpc.Arn]] }]
      AvailabilityZone: !Select [0, !GetAtt Vpc.Zones]`;
    const [subnet] = between(undefined, state(text));
    expect(subnet?.after).toEqual({
      VpcId: KNOWN_AFTER_APPLY,
      CidrBlock: KNOWN_AFTER_APPLY,
      Tags: [{ Key: "owner", Value: KNOWN_AFTER_APPLY }],
      AvailabilityZone: KNOWN_AFTER_APPLY,
    });
  });
});
