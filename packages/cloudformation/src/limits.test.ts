import { describe, expect, it } from "vitest";
import { dependencyGraph, expandTemplate, parseTemplate, TemplateError } from "./index.ts";

/** Parses, expands and orders a template. Its message, when it is refused, and the seconds that took. */
function judge(template: unknown): { message: string; seconds: number } {
  const text = typeof template === "string" ? template : JSON.stringify(template);
  const started = performance.now();
  let message = "";
  try {
    dependencyGraph(expandTemplate(parseTemplate(text, { file: "t.yaml" }), new Map()));
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    message = error.message;
  }
  return { message, seconds: (performance.now() - started) / 1000 };
}

const many = <T>(count: number, member: (index: number) => [string, T]): Record<string, T> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => member(index)));

const queues = (count: number, dependsOn: (index: number) => string[]) => ({
  Resources: many(count, (index) => [`Q${index}`, { Type: "AWS::SQS::Queue", DependsOn: dependsOn(index) }]),
});

const serverless = (properties: object) => ({
  Transform: "AWS::Serverless-2016-10-31",
  Resources: {
    Function: {
      Type: "AWS::Serverless::Function",
      Properties: { CodeUri: "s3://code/a.zip", Handler: "a.b", Runtime: "nodejs22.x", ...properties },
    },
  },
});

const property = (value: unknown) => ({ Resources: { Queue: { Type: "AWS::SQS::Queue", Properties: { P: value } } } });

/** Generous for a machine with other work; without the care taken here each of these takes from half a minute to hours. */
const SECONDS = 10;

describe("a template at its limits", () => {
  it("has 500 resources that wait for each other in a row", () => {
    expect(judge(queues(500, (index) => (index === 0 ? [] : [`Q${index - 1}`])))).toMatchObject({ message: "" });
  });

  it.each<[string, unknown, string]>([
    [
      "501 resources",
      queues(501, () => []),
      "Template format error: Number of resources, 501, is greater than maximum allowed, 500",
    ],
    [
      "more resources than 500 once a transform made them",
      {
        Transform: "AWS::Serverless-2016-10-31",
        Resources: many(300, (index) => [`F${index}`, serverless({}).Resources.Function]),
      },
      "Template format error: Number of resources, 600, is greater than maximum allowed, 500",
    ],
    [
      "600 events",
      serverless({ Events: many(600, (index) => [`E${index}`, { Type: "SQS", Properties: { Queue: `q${index}` } }]) }),
      "Template format error: Number of resources, 601, is greater than maximum allowed, 500",
    ],
    [
      "201 parameters",
      { ...queues(1, () => []), Parameters: many(201, (index) => [`P${index}`, { Type: "String", Default: "x" }]) },
      "Template format error: Number of parameters, 201, is greater than maximum allowed, 200",
    ],
    ["more than a megabyte", property("x".repeat(1_000_000)), "Template may not exceed 1000000 bytes in size."],
    [
      "a ring of 500 resources",
      queues(500, (index) => [`Q${(index + 1) % 500}`]),
      "Circular dependency between resources: [Q0, Q1, Q2,",
    ],
    ["brackets 400,000 deep", `Resources: ${"[".repeat(400_000)}`, "YAML not well-formed. It is nested too deeply."],
    [
      "lines indented 1,000 deep",
      Array.from({ length: 1000 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"),
      "YAML not well-formed. It is nested too deeply.",
    ],
    [
      "an unknown parameter missing",
      { ...queues(1, () => []), Parameters: { P: { Type: "String" } }, Transform: "AWS::Serverless-2016-10-31" },
      "Parameters: [P] must have values",
    ],
  ])("is refused in CloudFormation's words, and at once, with %s", (_what, template, message) => {
    const judged = judge(template);
    expect(judged.message).toContain(message);
    expect(judged.seconds).toBeLessThan(SECONDS);
  });

  it.each<[string, unknown]>([
    ["a map of 30,000 keys", property(many(30_000, (index) => [`k${index}`, index]))],
    ["an Fn::Sub of 50,000 spaces", property({ "Fn::Sub": `\${${" ".repeat(50_000)}` })],
    ["an Fn::Sub that only opens", property({ "Fn::Sub": "${".repeat(300_000) })],
    ["20,000 policies", serverless({ Policies: Array.from({ length: 20_000 }, (_, index) => `arn:aws:${index}`) })],
    [
      "a route of 20,000 parameters",
      serverless({
        Events: {
          E: {
            Type: "HttpApi",
            Properties: { Path: `/${Object.keys(many(20_000, (i) => [`{a${i}}`, i])).join("")}`, Method: "get" },
          },
        },
      }),
    ],
    [
      "a mapping looked up in a mapping, 60 times over",
      serverless({
        AutoPublishAlias: "live",
        DeploymentPreference: {
          Type: Array.from({ length: 60 }).reduce((inner) => ({ "Fn::FindInMap": [inner, "b", "c"] }), "a"),
        },
      }),
    ],
  ])("is read in seconds with %s", (_what, template) => {
    const judged = judge(template);
    expect(judged.message).toBe("");
    expect(judged.seconds).toBeLessThan(SECONDS);
  });
});
