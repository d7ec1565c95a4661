import { createHash } from "node:crypto";
import { DescribeChangeSetCommand } from "@aws-sdk/client-cloudformation";
import { GetPipelineStateCommand, PutApprovalResultCommand } from "@aws-sdk/client-codepipeline";
import { GetFunctionCommand, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { strToU8, zipSync } from "fflate";
import { expect, it } from "vitest";
import { DEV, PROD, sandboxForTest, TOOLING } from "../../../test/support.ts";
import type { HttpFront } from "../../core/fronts.ts";
import type { Sandbox } from "../../sandbox.ts";
import { gateway } from "../apigatewayv2/index.ts";
import { actionsByName, becomes, client, gitRepository, listed } from "../codepipeline/testing.ts";
import { deploy, deployPipeline, httpApi, infra, targetParameters } from "./testing.ts";

const config = (Environment: string) =>
  JSON.stringify({ Parameters: { Environment }, Tags: { environment: Environment } });
const HANDLER = `exports.handler = async (event) => ({ statusCode: 200, body: process.env.ENVIRONMENT + " " + event.rawPath });\n`;

/** A service as small as one can be: what the pipeline asks of a repository, without a package to install. */
const SERVICE = {
  "template.yaml": httpApi,
  "config/dev.json": config("dev"),
  "config/prod.json": config("prod"),
  "src/index.js": HANDLER,
  "script/install": "#!/bin/sh\n",
  "script/lint": "#!/bin/sh\n",
  "script/test": `#!/bin/sh
mkdir -p reports
echo '<testsuite name="unit" tests="1"><testcase name="answers" time="0.01"/></testsuite>' > reports/unit.xml
`,
  "script/build": "#!/bin/sh\nmkdir -p dist/function && cp src/index.js dist/function/\n",
  "script/integration": `#!/bin/sh
node -e 'fetch(process.env.ENDPOINT + "/orders/1").then((r) => process.exit(r.status === 200 ? 0 : 1))'
`,
};

/** In the place of Turnpike's own: it runs in what was built, and finds the repository and itself beside it. */
const JUDGE = `import { existsSync, mkdirSync, writeFileSync } from "node:fs";
if (process.env.TURNPIKE_SERVICE !== "orders" || !existsSync("template.yaml") || existsSync("src")) process.exit(1);
if (!existsSync(process.env.CODEBUILD_SRC_DIR_SourceOutput + "/src/index.js")) process.exit(2);
mkdirSync("evidence");
writeFileSync("evidence/sbom.cdx.json", "{}");
`;

async function approvalToken(sandbox: Sandbox): Promise<string | undefined> {
  const { stageStates = [] } = await client(sandbox).send(new GetPipelineStateCommand({ name: "orders" }));
  const prod = stageStates.find((stage) => stage.stageName === "Prod")?.actionStates;
  return prod?.find((action) => action.actionName === "Approval")?.latestExecution?.token;
}

async function codeSha256(sandbox: Sandbox, account: string): Promise<string | undefined> {
  const { Functions: functions = [] } = await sandbox.send(new ListFunctionsCommand({}), { account });
  const get = new GetFunctionCommand({ FunctionName: functions[0]?.FunctionName });
  return (await sandbox.send(get, { account })).Configuration?.CodeSha256;
}

it("a commit is built once, tested in dev, held before prod, and the same artifact runs in both accounts", async () => {
  const repository = gitRepository();
  const github: HttpFront = {
    name: "github",
    handler: () => ({
      handle: (_request, response) => void response.end(),
      gitDirectory: (name) => (name === "acme/orders" ? repository.bare : undefined),
    }),
  };
  const sandbox = await sandboxForTest({ fronts: [github, gateway], github: {} });
  const targets = { DevAccountId: DEV, ProdAccountId: PROD };
  for (const account of [DEV, PROD]) {
    await deploy(sandbox, account, "turnpike-account", infra("target-account.yaml"), targetParameters);
  }
  const tooling = await deploy(sandbox, TOOLING, "turnpike-tooling", infra("tooling-account.yaml"), targets);
  const Body = zipSync({ "verify.mjs": strToU8(JUDGE) });
  await sandbox.send(new PutObjectCommand({ Bucket: tooling.ArtifactBucketName, Key: "turnpike/verify.zip", Body }));
  repository.commit(SERVICE);
  await deployPipeline(sandbox, tooling);

  // Creating a pipeline starts it. Failures before the gate show as such, with their reason.
  const [execution] = await listed(sandbox);
  const id = execution?.pipelineExecutionId ?? "";
  const look = async () => (await approvalToken(sandbox)) ?? (await failures(sandbox, id));
  await expect.poll(look, { timeout: 60_000, interval: 100 }).toMatch(/^[0-9a-f-]{36}$|FAILED/);
  const token = await approvalToken(sandbox);
  expect(await failures(sandbox, id)).toBe("");
  const actions = await actionsByName(sandbox, id);
  const fileDigest = createHash("sha256").update(HANDLER).digest("hex");
  const digest = createHash("sha256").update(`${fileDigest}  ./index.js\n`).digest("hex");
  expect(actions.Verify?.output?.outputVariables).toMatchObject({ ARTIFACT_DIGEST: digest });
  expect(actions.Approval?.input?.resolvedConfiguration?.CustomData).toContain(`execution ${id}`);
  expect(actions.Approval?.input?.resolvedConfiguration?.CustomData).toContain(`artifact ${digest}`);
  const dev = actions.Integration?.input?.resolvedConfiguration?.EnvironmentVariables ?? "[]";
  const devUrl = JSON.parse(dev)[0].value;
  expect(await (await fetch(`${devUrl}/orders/7`)).text()).toBe("dev /orders/7");
  const changeSet = { StackName: "orders", ChangeSetName: "turnpike" };
  const held = await sandbox.send(new DescribeChangeSetCommand(changeSet), { account: PROD });
  expect([held.ExecutionStatus, (held.Changes ?? []).every((one) => one.ResourceChange?.Action === "Add")]).toEqual([
    "AVAILABLE",
    true,
  ]);
  expect((await sandbox.send(new ListFunctionsCommand({}), { account: PROD })).Functions).toEqual([]);

  const result = { status: "Approved" as const, summary: "seen" };
  const answer = { pipelineName: "orders", stageName: "Prod", actionName: "Approval", token, result };
  await client(sandbox).send(new PutApprovalResultCommand(answer));
  await becomes(sandbox, id, "Succeeded");
  const { Endpoint: prodUrl } = (await actionsByName(sandbox, id)).Deploy?.output?.outputVariables ?? {};
  expect(prodUrl).not.toBe(devUrl);
  expect(await (await fetch(`${prodUrl}/orders/7`)).text()).toBe("prod /orders/7");
  expect(await codeSha256(sandbox, PROD)).toBe(await codeSha256(sandbox, DEV));
});

/** Actions that failed, with why; empty while none did. */
async function failures(sandbox: Sandbox, id: string): Promise<string> {
  const failed = Object.entries(await actionsByName(sandbox, id)).filter(([, action]) => action.status === "Failed");
  return failed.map(([name, action]) => `${name} FAILED: ${JSON.stringify(action.output?.executionResult)}`).join("\n");
}
