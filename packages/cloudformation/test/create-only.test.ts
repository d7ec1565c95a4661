import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { isCreateOnly, TYPES_WITH_CREATE_ONLY } from "../src/create-only.ts";

const isThere = spawnSync("python3", ["-c", "import cfnlint"], { stdio: "ignore" }).status === 0;
const reason = isThere ? "" : " (skipped: python3 has no cfn-lint, which carries AWS's schemas)";

/** Types that the platform deploys and that nothing replaces. */
const WITHOUT = [
  "AWS::EC2::InternetGateway",
  "AWS::IAM::Policy",
  "AWS::KMS::Key",
  "AWS::Logs::QueryDefinition",
  "AWS::SNS::TopicPolicy",
  "AWS::SQS::QueuePolicy",
  "AWS::XRay::Group",
];

/** Where this table replaces and AWS doesn't: the sandbox can't change these in place. */
const STRICTER = new Set([
  "AWS::DynamoDB::Table.LocalSecondaryIndexes",
  "AWS::EC2::SecurityGroupEgress.Description",
  "AWS::EC2::SecurityGroupIngress.Description",
  "AWS::EC2::VPCGatewayAttachment.InternetGatewayId",
  "AWS::EC2::VPCGatewayAttachment.VpnGatewayId",
  "AWS::Scheduler::Schedule.GroupName",
]);

const script = `
import json, sys
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER as manager
def names(schema, key):
    return [path.split("/")[2] for path in schema.get(key, []) if path.count("/") == 2]
for type in json.load(sys.stdin):
    schema = manager.get_resource_schema("eu-west-1", type).schema
    made = names(schema, "readOnlyProperties")
    print(json.dumps({
        "type": type,
        "properties": [name for name in schema["properties"] if name not in made],
        "always": names(schema, "createOnlyProperties"),
        "sometimes": names(schema, "conditionalCreateOnlyProperties"),
    }))
`;

interface Schema {
  readonly type: string;
  readonly properties: readonly string[];
  readonly always: readonly string[];
  readonly sometimes: readonly string[];
}

describe.skipIf(!isThere)(`what replaces a resource, by AWS's own schemas${reason}`, () => {
  const types = [...TYPES_WITH_CREATE_ONLY, ...WITHOUT];

  it("is what replaces it here", () => {
    const run = spawnSync("python3", ["-c", script], { input: JSON.stringify(types), encoding: "utf8" });
    expect(run.status, run.stderr).toBe(0);
    const schemas = run.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Schema);
    expect(schemas.map(({ type }) => type)).toEqual(types);
    const wrong = schemas.flatMap(({ type, properties, always, sometimes }) =>
      properties.flatMap((name) => {
        const place = `${type}.${name}`;
        const isHere = isCreateOnly(type, name);
        if (always.includes(name)) return isHere ? [] : [`${place} replaces on AWS`];
        return isHere && !sometimes.includes(name) && !STRICTER.has(place) ? [`${place} doesn't replace on AWS`] : [];
      }),
    );
    expect(wrong).toEqual([]);
  });
});
