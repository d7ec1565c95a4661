import * as sdk from "@aws-sdk/client-sfn";
import { expect, test } from "vitest";
import { sandboxForTest } from "../../../test/support.ts";
import { workflows } from "./testing.ts";

const pass = (text: string) => ({ StartAt: "S", States: { S: { Type: "Pass", Result: text, End: true } } });

test("the same definition twice is the same machine, another one is refused", async () => {
  const sandbox = await sandboxForTest();
  const { create } = workflows(sandbox);
  const arn = await create(pass("a"));
  expect(await create(pass("a"))).toBe(arn);
  await expect(create(pass("b"))).rejects.toThrow(`State Machine Already Exists: '${arn}'`);
});

test("a definition that can't run is refused with what is wrong and where", async () => {
  const sandbox = await sandboxForTest();
  const { create } = workflows(sandbox);
  await expect(create({ StartAt: "S" })).rejects.toThrow(
    "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'",
  );
  await expect(create({ StartAt: "S", States: { S: { Type: "Pass", Next: "T" } } })).rejects.toThrow(
    "MISSING_TRANSITION_TARGET: Missing 'Next' target: T at /States/S/Next",
  );
  await expect(create({ StartAt: "S", States: { S: { Type: "Odd" } } })).rejects.toThrow(
    "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map] at /States/S/Type",
  );
  const template = { Type: "Pass", Parameters: { "a.$": "States.Format(" }, End: true };
  await expect(create({ StartAt: "S", States: { S: template } })).rejects.toThrow(
    "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call at /States/S/Parameters",
  );
});

test("what the sandbox can't run is refused by name when the machine is made", async () => {
  const sandbox = await sandboxForTest();
  const { create } = workflows(sandbox);
  await expect(create({ ...pass("a"), QueryLanguage: "JSONata" })).rejects.toThrow("JSONata is not implemented");
  await expect(create(pass("a"), { type: "EXPRESS" })).rejects.toThrow("EXPRESS state machine is not implemented");
  const task = { Type: "Task", Resource: "arn:aws:states:::ecs:runTask.sync", End: true };
  await expect(create({ StartAt: "S", States: { S: task } })).rejects.toThrow("ecs:runTask.sync is not implemented");
});

test("a version stays as it was published, and an alias says which version runs", async () => {
  const sandbox = await sandboxForTest();
  const { client, create, start, ended, describe } = workflows(sandbox);
  const arn = await create(pass("one"));
  const { stateMachineVersionArn = "" } = await client.send(
    new sdk.PublishStateMachineVersionCommand({ stateMachineArn: arn }),
  );
  expect(stateMachineVersionArn).toBe(`${arn}:1`);
  const second = await client.send(
    new sdk.UpdateStateMachineCommand({ stateMachineArn: arn, definition: JSON.stringify(pass("two")), publish: true }),
  );
  const route = (version = "") => [{ stateMachineVersionArn: version, weight: 100 }];
  const { stateMachineAliasArn = "" } = await client.send(
    new sdk.CreateStateMachineAliasCommand({ name: "live", routingConfiguration: route(stateMachineVersionArn) }),
  );
  const first = await ended(await start(stateMachineAliasArn));
  expect(first).toMatchObject({ output: '"one"', stateMachineVersionArn, stateMachineAliasArn });
  const routingConfiguration = route(second.stateMachineVersionArn);
  await client.send(new sdk.UpdateStateMachineAliasCommand({ stateMachineAliasArn, routingConfiguration }));
  expect((await ended(await start(stateMachineAliasArn))).output).toBe('"two"');
  const remove = new sdk.DeleteStateMachineVersionCommand({ stateMachineVersionArn: second.stateMachineVersionArn });
  await expect(client.send(remove)).rejects.toThrow("[live]");
  await client.send(new sdk.DeleteStateMachineCommand({ stateMachineArn: arn }));
  await expect(start(arn)).rejects.toThrow(`State Machine Does Not Exist: '${arn}'`);
  expect((await describe(first.executionArn ?? "")).status).toBe("SUCCEEDED");
});
