import { type DBCluster, DescribeDBClustersCommand, DescribeDBInstancesCommand } from "@aws-sdk/client-rds";
import { GetSecretValueCommand, UpdateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { AwsError } from "../../../core/errors.ts";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { present, text } from "./values.ts";

/** What a secret tells of the database that it opens. https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html */
type Connection = Readonly<Record<string, string | number | undefined>>;

/** Puts where the database is into its secret, next to the user and the password. Taken away, it stays in the secret. */
const attachment = defineProvider({
  type: "AWS::SecretsManager::SecretTargetAttachment",
  properties: ["SecretId", "TargetId", "TargetType"],
  required: ["SecretId", "TargetId", "TargetType"],
  takesTags: false,
  create: attach,
  update: attach,
  async remove() {
    // The connection is the secret's content by now, and the secret goes with its own resource.
  },
});

async function attach(call: ProviderCall): Promise<Made> {
  const SecretId = text(call.properties.SecretId) ?? "";
  const connection = await connectionOf(call);
  const { ARN = SecretId, SecretString } = await call.send(new GetSecretValueCommand({ SecretId }));
  const before = readFields(SecretString);
  const after = { ...before, ...present(connection) };
  if (JSON.stringify(after) !== JSON.stringify(before)) {
    await call.send(new UpdateSecretCommand({ SecretId, SecretString: JSON.stringify(after) }));
  }
  return { physicalId: ARN, attributes: { Id: ARN } };
}

function readFields(secret: string | undefined): Record<string, unknown> {
  try {
    const fields: unknown = JSON.parse(secret ?? "");
    if (typeof fields === "object" && fields !== null) return fields as Record<string, unknown>;
  } catch {
    // Told below, like JSON that is no object.
  }
  throw new AwsError("InvalidRequestException", "The secret of a database must be a JSON object.");
}

async function connectionOf(call: ProviderCall): Promise<Connection> {
  const { TargetId, TargetType } = call.properties;
  const id = text(TargetId) ?? "";
  const type = text(TargetType);
  if (type === "AWS::RDS::DBCluster") return ofCluster(call, id);
  if (type === "AWS::RDS::DBInstance") {
    const { DBInstances: [found] = [] } = await call.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }));
    const { Engine, Endpoint, DBName } = found ?? {};
    const place = { host: Endpoint?.Address, port: Endpoint?.Port, dbname: DBName };
    return { engine: engineOf(Engine), ...place, dbInstanceIdentifier: id };
  }
  const message = `sandbox: SecretTargetAttachment to ${type} is not implemented`;
  throw new AwsError("NotImplemented", message, { status: 501 });
}

async function ofCluster(call: ProviderCall, id: string): Promise<Connection> {
  const answer = await call.send(new DescribeDBClustersCommand({ DBClusterIdentifier: id }));
  const { Engine, Endpoint, Port, DatabaseName }: DBCluster = answer.DBClusters?.[0] ?? {};
  const place = { host: Endpoint, port: Port, dbname: DatabaseName };
  return { engine: engineOf(Engine), ...place, dbClusterIdentifier: id };
}

/** `aurora-postgresql` is `postgres` to those who connect. */
const engineOf = (engine: string | undefined) =>
  engine?.replace(/^aurora-postgresql$/, "postgres").replace(/^aurora-mysql$/, "mysql");

export const secretTargetProviders = [attachment];
