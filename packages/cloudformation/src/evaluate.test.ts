// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what Fn::Sub reads
import { describe, expect, it } from "vitest";
import { createEvaluator, dependencyGraph, expandTemplate, inOrder, parseTemplate, TemplateError } from "./index.ts";

const pseudo = {
  accountId: "222222222222",
  region: "eu-west-1",
  stackName: "orders",
  stackId: "arn:aws:cloudformation:eu-west-1:222222222222:stack/orders/1",
};
const deployed = {
  reference: (id: string) => `physical-${id}`,
  attribute: (id: string, name: string) => `${id}/${name}`,
};

function evaluate(text: string, parameters: Record<string, string> = {}) {
  const given = new Map(Object.entries(parameters));
  const template = expandTemplate(parseTemplate(text), given);
  return createEvaluator(template, given, pseudo);
}

const resultOf = (expression: string, parameters?: Record<string, string>) =>
  evaluate(
    `
Parameters:
  Names: { Type: CommaDelimitedList, Default: "a, b,c" }
  Size: { Type: Number, Default: 3 }
  Env: { Type: String, Default: dev }
Mappings: { ByEnv: { dev: { Size: 1, Zones: [x, y] }, "222222222222": { Size: 9 } } }
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsBig: !And [!Condition IsProd, !Or [!Equals [!Ref Size, "3"], !Not [!Equals [a, a]]]]
Resources:
  Queue: { Type: AWS::SQS::Queue }
  Subject: { Type: T, Properties: { Value: ${expression}, Kept: yes } }`,
    parameters,
  ).properties("Subject", deployed).Value;

describe("a template's values", () => {
  it.each([
    ["!Ref Queue", "physical-Queue"],
    ["!GetAtt Queue.Arn", "Queue/Arn"],
    ["!Ref Names", ["a", "b", "c"]],
    ["!Ref Size", "3"],
    ["!Ref AWS::AccountId", "222222222222"],
    ['!Sub "${AWS::StackName}-${Queue}-${Queue.Arn}-${!Kept}-${Size}"', "orders-physical-Queue-Queue/Arn-${Kept}-3"],
    ['!Sub ["${a}-${Env}", { a: !GetAtt Queue.Arn }]', "Queue/Arn-dev"],
    ['!Join ["/", [a, !Ref Size, 2]]', "a/3/2"],
    ['!Join ["", !Ref Names]', "abc"],
    ['!Select [1, !Split ["|", "a|b"]]', "b"],
    ["!Select [0, !GetAZs '']", "eu-west-1a"],
    ["!FindInMap [ByEnv, !Ref Env, Size]", 1],
    ["!FindInMap [ByEnv, !Ref AWS::AccountId, Size]", 9],
    ["!Base64 hello", "aGVsbG8="],
    ['!Cidr ["10.0.0.0/24", 3, 5]', ["10.0.0.0/27", "10.0.0.32/27", "10.0.0.64/27"]],
    ['!Select [1, !Cidr ["172.16.200.7/12", !Ref Size, "16"]]', "172.17.0.0/16"],
    ["!If [IsProd, big, !Ref AWS::NoValue]", undefined],
    ["[a, !If [IsProd, b, !Ref AWS::NoValue]]", ["a"]],
  ])("%s is worked out", (expression, expected) => {
    expect(resultOf(expression)).toEqual(expected);
  });

  it("follow conditions over parameters", () => {
    expect(resultOf("!If [IsBig, big, small]", { Env: "prod" })).toBe("big");
    expect(resultOf("!If [IsBig, big, small]", { Env: "prod", Size: "4" })).toBe("small");
  });

  it.each([
    ["!FindInMap [ByEnv, qa, Size]", "Unable to get mapping for ByEnv::qa::Size"],
    ["!Select [7, !Ref Names]", "cannot select nonexistent value at index 7"],
    ["!Join [',', text]", "a list is needed"],
  ])("%s is refused with its place", (expression, message) => {
    expect(() => resultOf(expression)).toThrow(TemplateError);
    expect(() => resultOf(expression)).toThrow(message);
    expect(() => resultOf(expression)).toThrow(/^template:1[0-9]:/);
  });
});

describe("a parameter", () => {
  const text = `
Parameters:
  Env: { Type: String, AllowedValues: [dev, prod] }
  Count: { Type: Number, MinValue: 1, MaxValue: 5, Default: 2 }
  Name: { Type: String, AllowedPattern: "[a-z]+", ConstraintDescription: lower case letters, Default: a }
  Ids: { Type: "List<Number>", Default: "1,2" }
Resources: { A: { Type: T } }`;

  it.each([
    [{}, "Parameters: [Env] must have values"],
    [{ Env: "qa" }, "Parameter 'Env' must be one of AllowedValues"],
    [{ Env: "dev", Count: "x" }, "Parameter 'Count' must be a number."],
    [{ Env: "dev", Count: "9" }, "Parameter 'Count' must be a number between 1 and 5"],
    [{ Env: "dev", Name: "a\nB" }, "Parameter 'Name' failed to satisfy constraint: lower case letters"],
    [{ Env: "dev", Ids: "1,b" }, "Parameter 'Ids' must be a number."],
    [{ Env: "dev", Other: "x" }, "Parameters: [Other] do not exist in the template"],
  ])("%j is refused: %s", (parameters, message) => {
    expect(() => evaluate(text, parameters)).toThrow(message);
  });

  it("takes its default", () => {
    expect(Object.fromEntries(evaluate(text, { Env: "dev" }).parameters)).toEqual({
      Env: "dev",
      Count: "2",
      Name: "a",
      Ids: "1,2",
    });
  });
});

describe("the dependency graph", () => {
  it("follows Ref, GetAtt, Sub and DependsOn, and leaves out what a condition removes", () => {
    const template = parseTemplate(`
Conditions: { Never: !Equals [a, b] }
Resources:
  A: { Type: T, Properties: { P: !Sub "\${B}-\${C.Arn}" } }
  B: { Type: T, DependsOn: [D, Gone] }
  C: { Type: T, Properties: { P: !If [Never, !Ref Gone, !GetAtt D.Arn] } }
  D: { Type: T }
  Gone: { Type: T, Condition: Never }`);
    const evaluator = createEvaluator(template, new Map(), pseudo);
    const graph = dependencyGraph(template, evaluator.isActive);
    expect(Object.fromEntries([...graph].map(([id, needs]) => [id, [...needs].sort()]))).toEqual({
      A: ["B", "C"],
      B: ["D"],
      C: ["D"],
      D: [],
    });
    expect(inOrder(graph)).toEqual(["D", "B", "C", "A"]);
  });

  it("names the resources that wait for each other, and no others", () => {
    const template = parseTemplate(`Resources:
  A: { Type: T, Properties: { P: !Ref B } }
  B: { Type: T, DependsOn: C }
  C: { Type: T, Properties: { P: !GetAtt A.Arn } }
  D: { Type: T, Properties: { P: !Ref A } }
  E: { Type: T }`);
    expect(() => dependencyGraph(template)).toThrow("template:2:3: Circular dependency between resources: [A, B, C]");
  });

  it("has resources wait for what their UpdatePolicy names, and works it out", () => {
    const text = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: x
      Handler: index.handler
      Runtime: nodejs22.x
      AutoPublishAlias: live
      DeploymentPreference: { Type: Canary10Percent5Minutes, Hooks: { PreTraffic: !Ref Hook } }
  Hook: { Type: AWS::Lambda::Function }`;
    const template = expandTemplate(parseTemplate(text), new Map());
    const graph = dependencyGraph(template);
    for (const need of ["FunctionDeploymentGroup", "ServerlessDeploymentApplication", "Hook"]) {
      expect([...(graph.get("FunctionAliaslive") ?? [])]).toContain(need);
    }
    expect(createEvaluator(template, new Map(), pseudo).updatePolicy("FunctionAliaslive", deployed)).toEqual({
      CodeDeployLambdaAliasUpdate: {
        ApplicationName: "physical-ServerlessDeploymentApplication",
        DeploymentGroupName: "physical-FunctionDeploymentGroup",
        BeforeAllowTrafficHook: "physical-Hook",
      },
    });
    const lost = text.replace("!Ref Hook", "!Ref Nothing");
    expect(() => expandTemplate(parseTemplate(lost), new Map())).toThrow("Unresolved resource dependencies [Nothing]");
  });
});
