import * as sdk from "@aws-sdk/client-codestar-connections";
import { expect, test } from "vitest";
import { clientSettings, DEV, sandboxForTest } from "../../../test/support.ts";

test("a connection is found under its ARN of either name, in its own account", async () => {
  const sandbox = await sandboxForTest();
  const connections = new sdk.CodeStarConnectionsClient(clientSettings(sandbox));
  const create = new sdk.CreateConnectionCommand({ ConnectionName: "github", ProviderType: "GitHub" });
  const { ConnectionArn = "" } = await connections.send(create);
  const oldName = ConnectionArn.replace("codeconnections", "codestar-connections");
  for (const arn of [ConnectionArn, oldName]) {
    const { Connection } = await connections.send(new sdk.GetConnectionCommand({ ConnectionArn: arn }));
    expect(Connection).toMatchObject({ ConnectionArn, ConnectionName: "github", ConnectionStatus: "AVAILABLE" });
  }
  const foreign = new sdk.CodeStarConnectionsClient(clientSettings(sandbox, DEV));
  const missing = sdk.ResourceNotFoundException;
  await expect(foreign.send(new sdk.GetConnectionCommand({ ConnectionArn }))).rejects.toThrow(missing);
  await connections.send(new sdk.DeleteConnectionCommand({ ConnectionArn }));
  expect((await connections.send(new sdk.ListConnectionsCommand({}))).Connections).toEqual([]);
});
