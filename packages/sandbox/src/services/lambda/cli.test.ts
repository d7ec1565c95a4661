import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { awsCli, hasAwsCli } from "../../../test/aws-cli.ts";
import { roleForTest, sandboxForTest, temporaryFolder } from "../../../test/support.ts";
import { eventually, zipOf } from "./test/functions.ts";

test.skipIf(!hasAwsCli)(
  "the AWS CLI creates a function from a file, waits for it, updates and publishes it, invokes it and reads its lines",
  async () => {
    const sandbox = await sandboxForTest();
    const folder = temporaryFolder();
    const zipped = (text: string) => {
      const file = join(folder, `${text}.zip`);
      writeFileSync(
        file,
        zipOf({ "index.mjs": `export const handler = async () => console.log("${text}") ?? "${text}";` }),
      );
      return `fileb://${file}`;
    };
    const lambda = (...args: string[]) => awsCli(sandbox, ["lambda", ...args]);
    const named = ["--function-name", "orders"];
    const principal = { Service: "lambda.amazonaws.com" };
    const role = await roleForTest(sandbox, { name: "function", principal, actions: ["logs:*"] });
    const setting = ["--runtime", "nodejs22.x", "--handler", "index.handler", "--role", role];
    await lambda("create-function", ...named, ...setting, "--zip-file", zipped("one"));
    await lambda("wait", "function-active-v2", ...named);
    const updated = await lambda("update-function-code", ...named, "--zip-file", zipped("two"), "--publish");
    expect(updated).toMatchObject({ Version: "1", LastUpdateStatus: "InProgress" });
    await lambda("wait", "function-updated", ...named);
    await lambda("wait", "published-version-active", ...named, "--qualifier", "1");
    await lambda("create-alias", ...named, "--name", "live", "--function-version", "1");
    const output = join(folder, "output.json");
    await lambda("invoke", "--function-name", "orders:live", output);
    expect(readFileSync(output, "utf8")).toBe('"two"');

    const url = String(await lambda("get-function", ...named, "--query", "Code.Location", "--output", "text")).trim();
    const zip = Buffer.from(await (await fetch(url)).arrayBuffer());
    expect(zip.equals(readFileSync(join(folder, "two.zip")))).toBe(true);

    const filter = ["logs", "filter-log-events", "--log-group-name", "/aws/lambda/orders", "--filter-pattern", "two"];
    const messages = [...filter, "--query", "events[].message", "--output", "text"];
    expect(await eventually(async () => String(await awsCli(sandbox, messages)).trim())).toMatch(/two$/);
  },
  60_000,
);
