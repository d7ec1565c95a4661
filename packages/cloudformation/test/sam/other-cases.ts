import type { Json } from "../../src/index.ts";
import { MANAGED_POLICIES } from "../../src/sam/managed-policies.ts";
import { POLICY_TEMPLATES, policyTemplateParameters } from "../../src/sam/policy-templates.ts";
import { API_GROUPS } from "./api-cases.ts";
import { EVENT_GROUPS, leastMachine } from "./event-cases.ts";
import { FUNCTIONS, leastFunction } from "./function-cases.ts";
import {
  attribute,
  caseOf,
  type Feature,
  type Group,
  getAtt,
  inGlobals,
  property,
  ref,
  resource,
  type Sketch,
  within,
} from "./generate.ts";
import type { Case } from "./oracle.ts";

const attributes = (id: string): Feature[] => [
  attribute(id, "Condition", "Yes"),
  attribute(id, "DeletionPolicy", "Retain", "Delete"),
  attribute(id, "UpdateReplacePolicy", "Retain"),
  attribute(id, "DependsOn", "Queue", ["Queue", "Topic"]),
  attribute(id, "Metadata", { about: "this" }),
];

const properties = (id: string, values: Record<string, Json[]>): Feature[] =>
  Object.entries(values).map(([name, variants]) => property(id, [name], ...variants));

const TABLE: Record<string, Json[]> = {
  PointInTimeRecoverySpecification: [{ PointInTimeRecoveryEnabled: true }],
  PrimaryKey: [
    { Name: "order", Type: "String" },
    { Name: "n", Type: "Number" },
    { Name: "b", Type: "Binary" },
  ],
  ProvisionedThroughput: [{ ReadCapacityUnits: 1, WriteCapacityUnits: ref("Retries") }],
  TableName: ["orders", { "Fn::Sub": "${Stage}-orders" }],
  Tags: [{ team: "payments" }],
  SSESpecification: [{ SSEEnabled: true }],
};

const LAYER: Record<string, Json[]> = {
  LayerName: ["tools", ref("Stage"), { "Fn::Sub": "${Stage}-${AWS::AccountId}" }],
  Description: ["Tools – ours", ref("Stage")],
  PublishLambdaVersion: [true, false],
  ContentUri: [{ Bucket: ref("Bucket"), Key: "k", Version: "1" }, "s3://b/other.zip"],
  CompatibleArchitectures: [["arm64", "x86_64"], [ref("Stage")]],
  CompatibleRuntimes: [["nodejs22.x"]],
  LicenseInfo: ["Apache-2.0"],
  RetentionPolicy: ["Retain", "delete"],
};

const MACHINE: Record<string, Json[]> = {
  Definition: [
    {
      StartAt: "Ünits",
      States: {
        Ünits: {
          Type: "Task",
          Resource: getAtt("Queue", "Arn"),
          Retry: [],
          TimeoutSeconds: 0.5,
          End: true,
          Parameters: {},
        },
      },
    },
    {
      StartAt: "A",
      States: { A: { Type: "Pass", Result: ["{{resolve:ssm:/a}}", { "Fn::Sub": "${Stage}" }, "x", 1e-7], End: true } },
    },
  ],
  Logging: [{ Level: "ALL" }],
  Role: [getAtt("Role", "Arn")],
  RolePath: ["/service/"],
  DefinitionSubstitutions: [{ queue: ref("Queue") }],
  Name: ["orders", { "Fn::Sub": "${Stage}-orders" }],
  Type: ["EXPRESS"],
  Tags: [{ team: "payments" }],
  PropagateTags: [true],
  Policies: ["AWSLambdaRole", ["arn:p", { LambdaInvokePolicy: { FunctionName: ref("Stage") } }], { Statement: [] }],
  Tracing: [{ Enabled: true }, { Enabled: false }],
  PermissionsBoundary: [ref("Stage")],
  AutoPublishAlias: ["live"],
  DeploymentPreference: [{ Type: "CANARY", Percentage: 10, Interval: 5 }],
  UseAliasAsEventTarget: [true, false],
};

/** Groups that don't overwrite each other's resources; the API's brings the function. */
const WHOLE_PARTS = ["Function", "HttpApi", "SimpleTable", "LayerVersion", "StateMachine"];

const layer = (sketch: Sketch) => {
  const Properties = { ContentUri: "s3://code/layer.zip" };
  sketch.Resources.Layer = { Type: "AWS::Serverless::LayerVersion", Properties };
  sketch.Outputs.Layer = { Value: { "Fn::Sub": "${Layer} ${AWS::Region}" } };
  sketch.Outputs.Layer2 = { Value: ref("Layer") };
  sketch.Resources.Queue = { Type: "AWS::SQS::Queue", DependsOn: ["Topic"] };
};

const uri: Feature = {
  name: "DefinitionUri",
  variants: ["s3://b/asl.json?versionId=2", { Bucket: "b", Key: ref("Key") }].map((value) => (sketch) => {
    const own = within(resource(sketch, "Machine"), "Properties");
    delete own.Definition;
    own.DefinitionUri = structuredClone(value);
  }),
};

export const OTHER_GROUPS: readonly Group[] = [
  {
    name: "SimpleTable",
    base: (sketch) => {
      sketch.Resources.Table = { Type: "AWS::Serverless::SimpleTable" };
    },
    features: [
      ...properties("Table", TABLE),
      ...attributes("Table"),
      inGlobals("SimpleTable", "SSESpecification", { SSEEnabled: true, SSEType: "KMS" }),
      attribute("Table", "IgnoreGlobals", "*"),
    ],
  },
  {
    name: "LayerVersion",
    base: layer,
    features: [
      ...properties("Layer", LAYER),
      ...attributes("Layer"),
      inGlobals("LayerVersion", "PublishLambdaVersion", true),
      attribute("Topic", "DependsOn", "Layer", ["Layer"]),
    ],
  },
  {
    name: "StateMachine",
    base: leastMachine,
    features: [
      uri,
      ...properties("Machine", MACHINE),
      ...attributes("Machine"),
      inGlobals("StateMachine", "PropagateTags", true),
      property("Machine", ["Events", "Clock"], { Type: "Schedule", Properties: { Schedule: "rate(1 day)" } }),
    ],
  },
];

const all = [FUNCTIONS, ...EVENT_GROUPS, ...API_GROUPS, ...OTHER_GROUPS];

/** Everything in one template, to be met by anything of any kind. */
export const WHOLE: Group = {
  name: "a whole service",
  base: (sketch) => {
    for (const { name, base } of all) if (WHOLE_PARTS.includes(name)) base(sketch);
    leastFunction(sketch, "Second");
    sketch.Globals.Function = { Tags: { team: "payments" }, AutoPublishAlias: "live", Tracing: "Active" };
  },
  features: all.filter(({ name }) => WHOLE_PARTS.includes(name)).flatMap(({ features }) => features),
};

/** Each policy template and each managed policy by its name. */
export function policyCases(): Case[] {
  const withPolicy = (name: string, policy: Json): Case =>
    caseOf(`policy ${name}`, [
      leastFunction,
      property("Function", ["Policies"], [policy]).variants[0] ?? leastFunction,
    ]);
  const templates = POLICY_TEMPLATES.map((name) => {
    const parameters = (policyTemplateParameters(name) ?? []).map((parameter): [string, Json] => [
      parameter,
      ref("Stage"),
    ]);
    return withPolicy(name, { [name]: Object.fromEntries(parameters) });
  });
  return [...templates, ...MANAGED_POLICIES.map((name) => withPolicy(name, name))];
}
