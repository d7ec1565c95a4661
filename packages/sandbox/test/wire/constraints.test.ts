import {
  CreateAliasCommand,
  CreateKeyCommand,
  EncryptCommand,
  GenerateRandomCommand,
  KMSClient,
} from "@aws-sdk/client-kms";
import { LambdaClient, ListTagsCommand } from "@aws-sdk/client-lambda";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import { kms } from "../../src/services/kms/index.ts";
import { lambda } from "../../src/services/lambda/index.ts";
import { sts } from "../../src/services/sts/index.ts";
import { clientSettings, sandboxForTest } from "../support.ts";

const refused = (name: string, message: string) => expect.objectContaining({ name, message });

test("an input that breaks a limit of AWS's model is refused in AWS's words, under each protocol's code", async () => {
  const sandbox = await sandboxForTest({ services: [sts, kms, lambda] });
  const keys = new KMSClient(clientSettings(sandbox));
  await expect(keys.send(new GenerateRandomCommand({ NumberOfBytes: 1025 }))).rejects.toThrow(
    refused(
      "ValidationException",
      "1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024",
    ),
  );
  const Tags = [{ TagKey: "", TagValue: "x" }];
  await expect(keys.send(new CreateKeyCommand({ Tags }))).rejects.toThrow(
    refused(
      "ValidationException",
      "1 validation error detected: Value '' at 'tags.1.member.tagKey' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ),
  );
  // Bytes and secrets aren't told; what is missing is null.
  await expect(keys.send(new EncryptCommand({ KeyId: "a", Plaintext: new Uint8Array(4097) }))).rejects.toThrow(
    "Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
  );
  await expect(keys.send(new CreateAliasCommand({ AliasName: "alias/a" } as never))).rejects.toThrow(
    "1 validation error detected: Value null at 'targetKeyId' failed to satisfy constraint: Member must not be null",
  );
  const security = new STSClient(clientSettings(sandbox));
  const assume = new AssumeRoleCommand({ RoleArn: "arn:aws:iam::111111111111:role/a", RoleSessionName: "a:b" });
  await expect(security.send(assume)).rejects.toThrow(
    refused(
      "ValidationError",
      "1 validation error detected: Value 'a:b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
    ),
  );
  const functions = new LambdaClient(clientSettings(sandbox));
  const error = await functions.send(new ListTagsCommand({ Resource: "no arn" })).catch((thrown) => thrown);
  expect(error).toMatchObject({ name: "ValidationException", $metadata: { httpStatusCode: 400 } });
});
