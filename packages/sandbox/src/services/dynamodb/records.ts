import type {
  AttributeDefinition,
  KeySchemaElement,
  Projection,
  ProvisionedThroughputDescription,
  StreamViewType,
} from "@aws-sdk/client-dynamodb";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";

interface IndexRecord {
  readonly name: string;
  readonly keySchema: KeySchemaElement[];
  readonly projection: Projection;
}

export interface GlobalIndexRecord extends IndexRecord {
  readonly throughput: ProvisionedThroughputDescription;
}

export interface StreamRecord {
  readonly arn: string;
  readonly label: string;
  readonly viewType: StreamViewType;
}

export interface TableRecord {
  readonly name: string;
  /** Names the table's items in the store: a table that is made again under its name begins empty. */
  readonly id: string;
  readonly arn: string;
  readonly createdAtMs: number;
  readonly keySchema: KeySchemaElement[];
  readonly attributes: AttributeDefinition[];
  readonly localIndexes: readonly IndexRecord[];
  readonly globalIndexes: readonly GlobalIndexRecord[];
  readonly billing: "PROVISIONED" | "PAY_PER_REQUEST";
  /** When it last went over to PAY_PER_REQUEST. */
  readonly onDemandSinceMs: number | undefined;
  /** It was on demand once: AWS shows its billing mode from then on. */
  readonly showsBilling: boolean;
  readonly throughput: ProvisionedThroughputDescription;
  readonly stream: StreamRecord | undefined;
  readonly deletionProtection: boolean;
  readonly tableClass: string | undefined;
  readonly sseKeyArn: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly timeToLive: string | undefined;
  readonly recovery: { readonly sinceMs: number; readonly days: number } | undefined;
}

type Stored = Pick<Context, "collection">;
export const tables = (from: Stored) => from.collection<TableRecord>("tables");

const ARN = /^arn:aws[\w-]*:dynamodb:([a-z0-9-]+):(\d{12}):table\/([^/]+)$/;

/** A table's name as a request gives it, which may be its ARN. Another account's or region's table isn't reachable. */
export function tableName(context: Context, given: string): string {
  const match = ARN.exec(given);
  if (!match) return given;
  const [, region, account, name = ""] = match;
  if (account === context.account && region === context.region) return name;
  const message = `User: ${context.caller.arn} is not authorized to perform this operation on resource: ${given}`;
  throw new AwsError("AccessDeniedException", message);
}

/** Raises `ResourceNotFoundException` in the words of the control plane, which name the table. */
export function getTable(context: Context, given: string | undefined): TableRecord {
  const name = tableName(context, given ?? "");
  const table = tables(context).get(name);
  if (table) return table;
  throw new AwsError("ResourceNotFoundException", `Requested resource not found: Table: ${name} not found`);
}

/** The table of an ARN, for tags. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html */
export function tableOfArn(context: Context, arn: string | undefined): TableRecord {
  const table = tables(context).get(ARN.exec(arn ?? "")?.[3] ?? "");
  if (table && table.arn === arn) return table;
  throw new AwsError("ResourceNotFoundException", `Requested resource not found: ResourcArn: ${arn} not found`);
}

export function allTables(runtime: ServiceRuntime): { account: string; region: string; table: TableRecord }[] {
  return runtime.scopes().flatMap(({ account, region }) =>
    tables(runtime.storeOf(account, region))
      .list()
      .map(({ value: table }) => ({ account, region, table })),
  );
}

export function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}

export function invalidParameters(reason: string): AwsError {
  return invalid(`One or more parameter values were invalid: ${reason}`);
}

export function unsupported(what: string): AwsError {
  return new AwsError("NotImplemented", `sandbox: DynamoDB ${what} is not implemented`, { status: 501 });
}
