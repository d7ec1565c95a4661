import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { expect, onTestFinished, test } from "vitest";
import { DEV, REGION, temporaryFolder } from "../../../test/support.ts";
import { eventually, isRunning, ROLE, zipOf } from "./test/functions.ts";

const MAIN = join(import.meta.dirname, "../../main.ts");

test("a sandbox that is killed leaves neither its functions nor what they started, however busy they are", async () => {
  const folder = temporaryFolder();
  const dataDir = join(folder, "data");
  const config = join(folder, "config.json");
  writeFileSync(config, JSON.stringify({ dataDir }));
  const sandbox = spawn(process.execPath, [MAIN, "--config", config], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void sandbox.kill("SIGKILL"));
  const [line] = (await Promise.race([
    once(createInterface(sandbox.stdout), "line"),
    once(sandbox, "exit").then(() => Promise.reject(new Error("The sandbox didn't start; its reason is above."))),
  ])) as [string];
  const { awsUrl } = JSON.parse(line) as { awsUrl: string };
  const keys = JSON.parse(readFileSync(join(dataDir, "credentials.json"), "utf8")) as Record<string, string>;
  const credentials = { accessKeyId: `AKIA${DEV}0000`, secretAccessKey: keys[DEV] ?? "" };
  const client = new LambdaClient({ endpoint: awsUrl, region: REGION, credentials, maxAttempts: 1 });

  const pidFile = join(folder, "pids");
  const source = `
    import { spawn } from "node:child_process";
    import { renameSync, writeFileSync } from "node:fs";
    export const handler = (event) => {
      const child = spawn("sleep", ["600"], { stdio: "ignore" });
      writeFileSync(event.file + ".new", process.pid + " " + child.pid);
      renameSync(event.file + ".new", event.file);
      if (event.busy) for (;;);
      return "idle";
    };`;
  const Code = { ZipFile: zipOf({ "index.mjs": source }) };
  const settings = { Runtime: "nodejs22.x", Handler: "index.handler", Role: ROLE, Timeout: 60 } as const;
  const call = (FunctionName: string, event: object) =>
    client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
  for (const FunctionName of ["idle", "busy"])
    await client.send(new CreateFunctionCommand({ FunctionName, Code, ...settings }));
  await call("idle", { file: `${pidFile}-idle` });
  const busy = call("busy", { file: `${pidFile}-busy`, busy: true }).catch(() => "cut off");
  const pids = await eventually(async () => {
    const files = ["idle", "busy"].map((name) => `${pidFile}-${name}`).filter((file) => existsSync(file));
    const found = files.flatMap((file) => readFileSync(file, "utf8").match(/\d+/g) ?? []);
    return found.length === 4 && found.map(Number);
  });
  expect(pids.map(isRunning)).toEqual([true, true, true, true]);

  const exited = once(sandbox, "exit");
  sandbox.kill("SIGKILL");
  await exited;
  for (const pid of pids) await eventually(async () => !isRunning(pid));
  expect(await busy).toBe("cut off");
});
