// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what Fn::Sub reads
import { describe, expect, it } from "vitest";
import { expandTemplate, parseTemplate, TemplateError } from "./index.ts";

function findingsOf(work: () => unknown): { line: number; column: number; message: string }[] {
  try {
    work();
  } catch (error) {
    if (error instanceof TemplateError) {
      return error.findings.map(({ line, column, message }) => ({ line, column, message }));
    }
    throw error;
  }
  return [];
}

const load = (text: string) => () => expandTemplate(parseTemplate(text, { file: "t.yaml" }), new Map());

describe("a template", () => {
  it("means the same in YAML with short forms, in YAML with long forms and in JSON", () => {
    const short = `
Resources:
  Topic: { Type: AWS::SNS::Topic, Properties: { TopicName: !Sub "\${AWS::StackName}-x", A: !GetAtt Queue.Arn, B: !If [C, !Ref Queue, !Ref AWS::NoValue] } }
  Queue: { Type: AWS::SQS::Queue }
Conditions: { C: !Not [!Condition D], D: !Equals [a, b] }`;
    const long = `
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: { Fn::Sub: "\${AWS::StackName}-x" }
      A: { Fn::GetAtt: [Queue, Arn] }
      B: { Fn::If: [C, { Ref: Queue }, { Ref: AWS::NoValue }] }
  Queue: { Type: AWS::SQS::Queue }
Conditions: { C: { Fn::Not: [{ Condition: D }] }, D: { Fn::Equals: [a, b] } }`;
    const json = JSON.stringify({
      Resources: {
        Topic: {
          Type: "AWS::SNS::Topic",
          Properties: {
            TopicName: { "Fn::Sub": "${AWS::StackName}-x" },
            A: { "Fn::GetAtt": ["Queue", "Arn"] },
            B: { "Fn::If": ["C", { Ref: "Queue" }, { Ref: "AWS::NoValue" }] },
          },
        },
        Queue: { Type: "AWS::SQS::Queue" },
      },
      Conditions: { C: { "Fn::Not": [{ Condition: "D" }] }, D: { "Fn::Equals": ["a", "b"] } },
    });
    const [a, b, c] = [short, long, json].map((text) => parseTemplate(text));
    for (const other of [b, c]) {
      expect(other?.resources).toEqual(a?.resources);
      expect(other?.conditions).toEqual(a?.conditions);
    }
  });

  it("is refused with every finding, each at its line and column", () => {
    const text = `Resources:
  Queue:
    Type: AWS::SQS::Queue
    Colour: blue
  bad-name: { Type: AWS::SQS::Queue }
  Topic:
    Properties: {}
  Other:
    Type: AWS::SNS::Topic
    Properties:
      A: !Transform { Name: AWS::Include }
      B: !Select [1]
Transform: [AWS::Include]
`;
    expect(findingsOf(load(text))).toEqual([
      { line: 13, column: 1, message: "Transform AWS::Include isn't supported: only AWS::Serverless-2016-10-31 is." },
      { line: 4, column: 5, message: "Invalid template resource property 'Colour'" },
      { line: 5, column: 3, message: "Template format error: Resource name bad-name is non alphanumeric." },
      {
        line: 6,
        column: 3,
        message: "Template format error: [/Resources/Topic] Every Resources object must contain a Type member.",
      },
      { line: 11, column: 7, message: "Fn::Transform isn't supported." },
      {
        line: 12,
        column: 7,
        message: "Template error: Fn::Select requires a list argument with two elements: an integer index and a list",
      },
    ]);
  });

  it.each([
    ["a duplicate key", "Resources: { A: { Type: T }, A: { Type: T } }", "Map keys must be unique"],
    ["text that isn't YAML", "Resources: [", "not well-formed"],
    ["a null", "Resources:\n  A: { Type: T, Properties: { B: } }", "'null' values are not allowed in templates"],
    ["an unknown tag", "Resources: { A: { Type: !Evil x } }", "!Evil isn't known"],
    ["a __proto__ key", '{"Resources": {"__proto__": {"Type": "T"}}}', "__proto__"],
    ["no resource", "Resources: {}", "At least one Resources member must be defined."],
    ["a list", "[]", "Template format error: unsupported structure."],
    [
      "a reference to nothing",
      "Resources: { A: { Type: T, Properties: { B: !Sub '${C.Arn}' } } }",
      "[C] in the Resources block",
    ],
    [
      "an output of nothing",
      "Resources: { A: { Type: T } }\nOutputs: { O: { Value: !Ref B } }",
      "[B] in the Outputs block",
    ],
    [
      "a condition that isn't there",
      "Resources: { A: { Type: T, Condition: No } }",
      "Unresolved condition dependency No",
    ],
    ["aliases that stand for too much", bomb(), "more than 200000 values"],
  ])("with %s is refused by name", (_what, text, message) => {
    expect(
      findingsOf(load(text))
        .map((finding) => finding.message)
        .join("\n"),
    ).toContain(message);
  });

  it("may use logical ids that JavaScript knows", () => {
    const template = parseTemplate("Resources: { constructor: { Type: T }, toString: { Type: T } }");
    expect([...template.resources.keys()]).toEqual(["constructor", "toString"]);
  });

  it("says where a resource came from that a transform made", () => {
    const text = `Transform: AWS::Serverless-2016-10-31
Resources:
  Queue: { Type: AWS::SQS::Queue }
  Function:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: x
      MemorySize: 256
      Handler: i.h
      Runtime: nodejs22.x
      Events: { Get: { Type: HttpApi, Properties: { Path: /, Method: get } } }
`;
    const template = expandTemplate(parseTemplate(text, { file: "t.yaml" }), new Map());
    const at = (...path: string[]) => template.positionOf(path);
    expect(at("Resources", "Function", "Properties", "MemorySize")).toEqual({ file: "t.yaml", line: 8, column: 7 });
    expect(at("Resources", "FunctionRole", "Properties", "Policies").line).toBe(4);
    expect(at("Resources", "ServerlessHttpApi").line).toBe(4);
    expect(at("Resources", "Queue").line).toBe(3);
  });

  it("is refused when SAM has more than this expansion knows, by name and line", () => {
    const text = `Transform: AWS::Serverless-2016-10-31
Globals: { Api: { Name: x } }
Resources:
  Rest: { Type: AWS::Serverless::Api }
  Function:
    Type: AWS::Serverless::Function
    Connectors: { Own: { Properties: { Destination: { Id: Table }, Permissions: [Write] } } }
    Properties:
      CodeUri: src/
      DurableConfig: {}
      Handlr: index.handler
  Second:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://bucket/key
      Handler: index.handler
      Runtime: nodejs22.x
      Events:
        Mail: { Type: Cognito }
  Third:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://bucket/key
      Handler: index.handler
      Runtime: nodejs22.x
      Policies: [{ AthenaQueryPolicy: { WorkGroupName: x } }]
  Fourth:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://bucket/key
      Handler: index.handler
      Runtime: nodejs22.x
      Events:
        Half: { Type: HttpApi, Properties: { Path: /half } }
  Fifth:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://bucket/key
      Handler: index.handler
      Runtime: nodejs22.x
      Events:
        a-b: { Type: SQS, Properties: { Queue: q } }
  Table: { Type: AWS::Serverless::SimpleTable }
`;
    expect(findingsOf(load(text)).map(({ line, message }) => `${line} ${message}`)).toEqual([
      "2 'Globals' section is invalid. 'Api' is not supported.",
      "4 AWS::Serverless::Api (Rest) isn't supported.",
      "7 Connectors (of Function) aren't supported: write the policies.",
      "34 Resource with id [Fourth] is invalid. Event with id [Half] is invalid. Property 'Method' is required.",
      "10 Resource with id [Function] is invalid. property DurableConfig of AWS::Serverless::Function isn't supported.",
      "11 Resource with id [Function] is invalid. property Handlr not defined for resource of type AWS::Serverless::Function",
      "9 Resource with id [Function] is invalid. 'CodeUri' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query parameter. A folder must be packaged first.",
      "19 Resource with id [Second] is invalid. Event with id [Mail] is invalid. Event type 'Cognito' isn't supported (HttpApi, SQS, DynamoDB, SNS, Schedule, ScheduleV2, EventBridgeRule, CloudWatchEvent are).",
      "26 Resource with id [Third] is invalid. SAM policy template 'AthenaQueryPolicy' isn't supported: write the statements.",
      "35 Resource with id [Fiftha-b] is invalid. Logical ids must be alphanumeric.",
    ]);
  });
});

function bomb(): string {
  const lines = ["Metadata:", "  a: &a [x, x, x, x, x, x, x, x, x, x]"];
  let last = "a";
  for (const name of "bcdefgh") {
    lines.push(`  ${name}: &${name} [${Array(10).fill(`*${last}`).join(", ")}]`);
    last = name;
  }
  return `${lines.join("\n")}\nResources: { A: { Type: T } }`;
}
