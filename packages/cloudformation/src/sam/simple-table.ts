import { isObject, type JsonObject } from "../json.ts";
import { draft, type Expanded, refusal, type Source, type Transform } from "./context.ts";
import { checkProperties, propertyRules, refuseUnknownKeys } from "./properties.ts";
import { isTruthy, tagList } from "./values.ts";

const RULES = propertyRules({
  any: "PointInTimeRecoverySpecification",
  mapOfText: "PrimaryKey",
  mapOfIntegers: "ProvisionedThroughput",
  textOrMap: "TableName",
  map: "Tags SSESpecification",
});

const TYPES: Record<string, string> = { String: "S", Number: "N", Binary: "B" };

/** `AWS::Serverless::SimpleTable` → a table with one key, paid by request unless throughput is provisioned. */
export function expandSimpleTable(transform: Transform, source: Source): Expanded {
  const { properties, attributes, id } = source;
  checkProperties(transform.findings, source, properties, RULES);
  const { PointInTimeRecoverySpecification: recovery, ProvisionedThroughput: throughput, TableName: name } = properties;
  const { SSESpecification: encryption, Tags: tags } = properties;
  const key = readKey(transform, source);
  const table = draft(
    id,
    "AWS::DynamoDB::Table",
    attributes,
    {
      AttributeDefinitions: [key],
      KeySchema: [{ AttributeName: key.AttributeName ?? null, KeyType: "HASH" }],
      PointInTimeRecoverySpecification: isTruthy(recovery) ? recovery : undefined,
      ProvisionedThroughput: isTruthy(throughput) ? throughput : undefined,
      BillingMode: isTruthy(throughput) ? undefined : "PAY_PER_REQUEST",
      SSESpecification: isTruthy(encryption) ? encryption : undefined,
      TableName: isTruthy(name) ? name : undefined,
      Tags: isTruthy(tags) ? tagList(tags) : undefined,
    },
    source.dependsOn,
  );
  return { drafts: [table], referable: {} };
}

function readKey(transform: Transform, source: Source): JsonObject {
  const { PrimaryKey: key } = source.properties;
  if (!isTruthy(key) || !isObject(key)) return { AttributeName: "id", AttributeType: "S" };
  refuseUnknownKeys(transform.findings, [...source.path, "PrimaryKey"], "PrimaryKey", key, "Name Type");
  const { Name: name, Type: type } = key;
  if (name === undefined) throw refusal(source, "Property 'PrimaryKey.Name' is required.", "PrimaryKey");
  if (type === undefined) throw refusal(source, "Property 'PrimaryKey.Type' is required.", "PrimaryKey");
  const short = typeof type === "string" && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (!short) throw refusal(source, `Invalid 'Type' "${String(type)}".`, "PrimaryKey", "Type");
  return { AttributeName: name, AttributeType: short };
}
