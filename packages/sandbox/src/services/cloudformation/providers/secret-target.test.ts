import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { Client } from "pg";
import { expect, test } from "vitest";
import { sandboxForTest, TOOLING } from "../../../../test/support.ts";
import { deploy } from "../testing.ts";

/** A database whose password is made by its secret, and the secret that then tells where the database is. */
const template = `
Resources:
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties:
      GenerateSecretString:
        { SecretStringTemplate: '{"username":"owner"}', GenerateStringKey: password, ExcludePunctuation: true }
  Cluster:
    Type: AWS::RDS::DBCluster
    DeletionPolicy: Delete
    Properties:
      Engine: aurora-postgresql
      DatabaseName: orders
      MasterUsername: !Sub "{{resolve:secretsmanager:\${Secret}:SecretString:username}}"
      MasterUserPassword: !Sub "{{resolve:secretsmanager:\${Secret}:SecretString:password}}"
      ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 1 }
  Attachment:
    Type: AWS::SecretsManager::SecretTargetAttachment
    Properties: { SecretId: !Ref Secret, TargetId: !Ref Cluster, TargetType: AWS::RDS::DBCluster }
Outputs:
  Secret: { Value: !Ref Attachment }
`;

test("an attached secret holds all that it takes to connect to its database", async () => {
  const sandbox = await sandboxForTest();
  const { Secret: SecretId } = await deploy(sandbox, TOOLING, "attached", template, {});
  const { SecretString = "{}" } = await sandbox.send(new GetSecretValueCommand({ SecretId }));
  const { engine, username: user, dbname: database, ...place } = JSON.parse(SecretString) as Record<string, string>;
  expect(engine).toBe("postgres");
  const client = new Client({ user, database, ...place });
  await client.connect();
  expect((await client.query("SELECT current_user AS name")).rows).toEqual([{ name: "owner" }]);
  await client.end();
}, 40_000);
