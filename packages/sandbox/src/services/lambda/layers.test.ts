import {
  GetFunctionCommand,
  ListLayerVersionsCommand,
  PublishLayerVersionCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { DEV, sandboxForTest } from "../../../test/support.ts";
import { lambdaIn, zipOf } from "./test/functions.ts";

test("a function finds what its layers bring, a later layer over an earlier one, and its wrapper runs it", async () => {
  const { client, create, invoke } = lambdaIn(await sandboxForTest());
  const publish = async (LayerName: string, files: Record<string, string>) => {
    const Content = { ZipFile: zipOf(files) };
    return (await client.send(new PublishLayerVersionCommand({ LayerName, Content }))).LayerVersionArn ?? "";
  };
  const module = (text: string) => ({ "nodejs/node_modules/greet/index.js": `module.exports = "${text}";` });
  const first = await publish("first", module("one"));
  const second = await publish("second", {
    ...module("two"),
    wrapper: '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n',
  });
  expect(second).toBe(`arn:aws:lambda:eu-west-1:${DEV}:layer:second:1`);
  const source = 'exports.handler = async () => ({ greet: require("greet"), wrapped: process.env.WRAPPED });';
  const Code = { ZipFile: zipOf({ "index.js": source }) };
  await create("orders", "", { Code, Layers: [first] });
  expect((await invoke("orders")).value).toEqual({ greet: "one" });
  await client.send(
    new UpdateFunctionConfigurationCommand({
      ...{ FunctionName: "orders", Layers: [first, second] },
      Environment: { Variables: { AWS_LAMBDA_EXEC_WRAPPER: "/opt/wrapper" } },
    }),
  );
  expect((await invoke("orders")).value).toEqual({ greet: "two", wrapped: "yes" });
  const { Configuration } = await client.send(new GetFunctionCommand({ FunctionName: "orders" }));
  expect(Configuration?.Layers?.map(({ Arn }) => Arn)).toEqual([first, second]);
  const { LayerVersions } = await client.send(new ListLayerVersionsCommand({ LayerName: "first" }));
  expect(LayerVersions).toMatchObject([{ Version: 1, LayerVersionArn: first }]);
  const missing = `arn:aws:lambda:eu-west-1:${DEV}:layer:first:9`;
  await expect(
    client.send(new UpdateFunctionConfigurationCommand({ FunctionName: "orders", Layers: [missing] })),
  ).rejects.toThrow(`Layer version ${missing} does not exist.`);
});
