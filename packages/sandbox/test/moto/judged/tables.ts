import { type Judged, page } from "./row.ts";

const database = (operation: string) => page("amazondynamodb/latest/APIReference", `API_${operation}`);

export const tables: readonly Judged[] = [
  {
    scenario: "dynamodb",
    operation: "CreateTable",
    differs: [
      "TableDescription.GlobalSecondaryIndexes: absent / []",
      "TableDescription.LocalSecondaryIndexes: absent / []",
      'TableDescription.TableId: "<uuid>" / absent',
      'TableDescription.TableStatus: "CREATING" / "ACTIVE"',
    ],
    sandbox: "CREATING, with an id, without lists of indexes that aren't there",
    moto: "ACTIVE at once, empty lists",
    judge: "sandbox",
    source: database("CreateTable"),
  },
  {
    scenario: "dynamodb",
    operation: "CreateTable",
    differs: [
      'TableDescription.WarmThroughput: absent / {"ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":4000,"Status":"ACTIVE"}',
    ],
    sandbox: "tells nothing of warm throughput",
    moto: "tells it",
    judge: "moto",
    source: database("TableDescription"),
  },
  {
    scenario: "dynamodb",
    differs: [
      'ConsumedCapacity: absent / {"TableName":"orders","CapacityUnits":0.5}',
      'ConsumedCapacity: absent / [{"TableName":"orders","CapacityUnits":1,"Table":{"CapacityUnits":1}}]',
      "ItemCollectionMetrics: absent / {}",
      'ConsumedCapacity: absent / [{"TableName":"orders","CapacityUnits":1}]',
      "ConsumedCapacity: absent / []",
    ],
    times: 7,
    sandbox: "only where it was asked for",
    moto: "unasked",
    judge: "sandbox",
    source: database("BatchWriteItem"),
  },
  {
    scenario: "dynamodb",
    operation: "Query",
    differs: ['$refused: "ValidationException" 400 / "ResourceNotFoundException" 400'],
    sandbox: "ValidationException for an index that isn't there",
    moto: "ResourceNotFoundException, which is for tables",
    judge: "sandbox",
    source: database("Query"),
  },
];
