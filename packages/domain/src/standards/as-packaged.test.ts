import { TemplateError } from "@turnpike/cloudformation";
import { expect, test } from "vitest";
import { judgeStandards } from "./evaluate.ts";
import { openSubject } from "./subject.ts";

/** Templates of repositories that somebody else deploys: as they are in the wild, not yet packaged. */
const elsewhere = { byTurnpike: false, served: undefined, advisories: undefined };
const SAM = "Transform: AWS::Serverless-2016-10-31\n";

const open = (text: string, files: Record<string, string> = {}, file = "template.yaml") =>
  openSubject({ file, text, files: new Map(Object.entries({ ...files, [file]: text })), delivery: elsewhere });

const outcomeOf = (subject: ReturnType<typeof open>, id: string) => {
  const result = judgeStandards(subject, { service: "x", today: "2026-11-24" }).find(({ rule }) => rule.id === id);
  return [result?.outcome, result?.look ?? ""] as const;
};

const FUNCTION =
  "  Orders: { Type: AWS::Serverless::Function, Properties: { Handler: a.b, Runtime: nodejs24.x, PROPERTIES } }\n";
const fn = (properties: string) => FUNCTION.replace("PROPERTIES", properties);

test.each([
  ["a folder of code", fn("CodeUri: src/")],
  ["no word of where the code is", fn("Timeout: 3")],
  ["a folder in the globals", `${fn("Timeout: 3")}Globals: { Function: { CodeUri: ., MemorySize: 128 } }\n`],
  ["a layer's folder", "  Layer: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: layer } }\n"],
  [
    "a plain function's folder",
    "  Orders: { Type: AWS::Lambda::Function, Properties: { Code: ./src, Handler: a, Runtime: nodejs24.x, Role: a } }\n",
  ],
])("%s is read as packaged", (_name, resources) => {
  const text = `${SAM}Resources:\n${resources}`;
  expect(open(text).items().length).toBeGreaterThan(0);
});

test("a service of Turnpike's own must have its code packaged: its template is what is deployed", () => {
  const text = `${SAM}Resources:\n${fn("CodeUri: src/")}`;
  expect(() => openSubject({ file: "template.yaml", text })).toThrow(TemplateError);
  expect(() => openSubject({ file: "template.yaml", text, delivery: { ...elsewhere, byTurnpike: true } })).toThrow(
    TemplateError,
  );
});

test("a definition that stands in a file beside the template is judged as if it stood in it", () => {
  const text = `${SAM}Resources:\n  Machine: { Type: AWS::Serverless::StateMachine, Properties: { DefinitionUri: flow.asl.json } }\n`;
  const task = { Type: "Task", Resource: "arn:aws:states:::lambda:invoke", End: true };
  const definition = JSON.stringify({ StartAt: "A", States: { A: task } });
  const subject = open(text, { "infra/flow.asl.json": definition }, "infra/template.yaml");
  expect(outcomeOf(subject, "REL-6")[0]).toBe("block");
});

test("what of SAM isn't read leaves open what it is about, and nothing else", () => {
  const api = "  Api: { Type: AWS::Serverless::Api, Properties: { StageName: prod, TracingEnabled: false } }\n";
  const subject = open(
    `${SAM}Resources:\n${api}${fn("Events: { Get: { Type: Api, Properties: { Path: /, Method: get, RestApiId: !Ref Api } }, Put: { Type: S3, Properties: {} } }")}`,
  );
  expect(subject.unread.map(({ type }) => type).sort()).toEqual(["AWS::Serverless::Api", "Api", "S3"]);
  expect(outcomeOf(subject, "SEC-6")).toEqual(["not-decided", expect.stringContaining("Api (AWS::Serverless::Api)")]);
  // Of its stage it is known.
  expect(outcomeOf(subject, "OPS-2")[0]).toBe("block");
  expect(outcomeOf(subject, "PERF-1")[0]).toBe("warn");
});

test("the API that SAM makes for events is there to be referred to", () => {
  const text = `${SAM}Resources:\n${fn("Events: { Get: { Type: Api, Properties: { Path: /, Method: get } } }")}Outputs: { Url: { Value: !Sub "https://\${ServerlessRestApi}.x/\${ServerlessRestApiProdStage}" } }\n`;
  expect(open(text).unread).toEqual([{ id: "Orders", type: "Api" }]);
});

test("a property or a policy that isn't known here is left out and told, and the rest is judged", () => {
  const text = `${SAM}Resources:\n${fn("DurableConfig: { ExecutionTimeout: 1 }, Policies: [{ NewCrudPolicy: {} }, SomeNewManagedPolicy]")}`;
  const subject = open(text);
  expect(subject.unread.map(({ type }) => type)).toContain("DurableConfig");
  expect(outcomeOf(subject, "SEC-1")[0]).toBe("not-decided");
  expect(outcomeOf(subject, "PERF-1")[0]).toBe("warn");
});

test("parameters that nobody gave need not fit their pattern", () => {
  const text =
    "Parameters: { Mail: { Type: String, AllowedPattern: '[^@]+@[^@]+', MinLength: 12 } }\nResources: { Queue: { Type: AWS::SQS::Queue, Properties: { QueueName: !Ref Mail } } }\n";
  expect(open(text).items()).toHaveLength(1);
});

test("what CloudFormation itself refuses is refused here too", () => {
  for (const text of [
    "Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Nothing}}}",
    "Resources: {A: {}}",
    "a: 1",
  ]) {
    expect(() => open(text), text).toThrow(TemplateError);
  }
});
