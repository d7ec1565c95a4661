import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { GetFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { AxeBuilder } from "@axe-core/playwright";
import { Octokit } from "octokit";
import { expect, git, type RunningProduct, signIn, test } from "./product.ts";

interface Series {
  readonly metric: string;
  readonly points: readonly { readonly value: number }[];
}

const run = promisify(execFile);
const SERVICE = "orders";

/** The main job, from a form in the portal to production. Each test goes on where the one before it ended. */
test.describe.configure({ mode: "serial" });

let folder: string;
let clone: string;
const urls: Record<string, string> = {};

test.beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "turnpike-clone-"));
  clone = path.join(folder, SERVICE);
});

test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

function octokit(product: RunningProduct): Octokit {
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  return new Octokit({ baseUrl: product.githubUrl, auth: "sandbox-developer", log: silent });
}

function clientConfig(product: RunningProduct, accountId: string) {
  return { region: "eu-west-1", endpoint: product.awsUrl, credentials: product.credentials(accountId) };
}

test("a developer creates a service after a preview of every file, and its steps are taken", async ({
  page,
  product,
}) => {
  await signIn(page, product, "developer");
  await page.goto(`${product.portalUrl}/templates/http-api-typescript`);
  await page.getByLabel("Name").fill(SERVICE);
  await page.getByLabel("Description").fill("Orders of customers");
  const preview = page.getByRole("region", { name: "Preview" });
  await expect(preview.getByRole("button", { name: "template.yaml" })).toBeVisible();
  await preview.getByRole("button", { name: "catalog-info.yaml" }).click();
  await expect(preview).toContainText("Orders of customers");
  await preview.getByRole("tab", { name: /^Standards/ }).click();
  await expect(preview).toContainText("A permission to invoke names its caller");
  await expect(preview.getByText(/^(\d+) of \1 rules that apply are kept/)).toBeVisible();
  await page.getByRole("button", { name: "Create service" }).click();
  await expect(page.getByRole("heading", { name: `${SERVICE} is ready` })).toBeVisible({ timeout: 30_000 });
});

test("the repository is there, and the decision is a commit by the person who acted", async ({ product }) => {
  await git(product, "developer", ["clone", "--quiet", `${product.githubUrl}/acme/${SERVICE}.git`, clone], folder);
  expect(existsSync(path.join(clone, "template.yaml"))).toBe(true);
  const { data: commits } = await octokit(product).rest.repos.listCommits({ owner: "acme", repo: "platform" });
  const decision = commits.find(({ commit }) =>
    commit.message.startsWith(`Create ${SERVICE} from http-api-typescript@`),
  );
  expect(decision?.commit.author).toMatchObject({ email: "developer@example.com" });
});

test("the pipeline starts by itself, really builds and tests, deploys to dev and stops at the gate", async ({
  page,
  product,
}) => {
  await signIn(page, product, "developer");
  await page.goto(`${product.portalUrl}/services/${SERVICE}/pipeline?action=Build%2FBuild`);
  await expect(page.getByRole("region", { name: "Build log" }).getByText(/added \d+ packages/)).toBeVisible({
    timeout: product.roadMs,
  });
  await page.goto(`${product.portalUrl}/services/${SERVICE}`);
  const dev = page.getByRole("region", { name: "Environment dev" });
  const prod = page.getByRole("region", { name: "Environment prod" });
  await expect(prod.getByRole("link", { name: "Review release" })).toBeVisible({ timeout: product.roadMs });
  await expect(dev).toContainText("http://127.0.0.1");
  urls.dev = /http:\/\/127\.0\.0\.1:\d+\/\w+/.exec(await dev.innerText())?.[0] ?? "";
  const answer = await fetch(`${urls.dev}/hello/dev`);
  expect(answer.status).toBe(200);
  await expect(prod).toContainText("Nothing is deployed here yet");
});

test("the developer can't approve what they asked for, and is told why", async ({ page, product }) => {
  await signIn(page, product, "developer");
  await page.goto(`${product.portalUrl}/services/${SERVICE}`);
  await page.getByRole("link", { name: "Review release" }).first().click();
  await expect(page.getByText("You can't decide this.")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Approve/ })).toHaveCount(0);
});

test("an approver reads the evidence and approves, and the same artifact runs in production", async ({
  page,
  product,
}) => {
  await signIn(page, product, "approver");
  await page.goto(`${product.portalUrl}/approvals`);
  await page
    .getByRole("link", { name: new RegExp(SERVICE) })
    .first()
    .click();
  await expect(page.getByRole("heading", { name: `${SERVICE} to prod` })).toBeVisible();
  for (const section of ["Commits", "Resources", "Standards", "Tests", "Artifact"]) {
    await expect(page.getByRole("heading", { name: section, exact: true })).toBeVisible();
  }
  await page.getByRole("button", { name: `Approve ${SERVICE}` }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: `Approve ${SERVICE}` })
    .click();
  await expect(page.getByText("Deployed", { exact: true }).first()).toBeVisible({ timeout: product.roadMs });
  await page.goto(`${product.portalUrl}/approvals`);
  await expect(page.getByLabel("Past releases").getByRole("link", { name: `${SERVICE} to prod` })).toBeVisible();

  const digests = await Promise.all(
    ["222222222222", "333333333333"].map(async (account) => {
      const stacks = await new CloudFormationClient(clientConfig(product, account)).send(
        new DescribeStacksCommand({ StackName: SERVICE }),
      );
      const outputs = Object.fromEntries((stacks.Stacks?.[0]?.Outputs ?? []).map((o) => [o.OutputKey, o.OutputValue]));
      if (account === "333333333333") urls.prod = outputs.Endpoint ?? "";
      const found = await new LambdaClient(clientConfig(product, account)).send(
        new GetFunctionCommand({ FunctionName: outputs.FunctionName ?? "", Qualifier: "live" }),
      );
      return found.Configuration?.CodeSha256;
    }),
  );
  expect(digests[0]).toBeTruthy();
  expect(digests[0]).toBe(digests[1]);
  const answer = await fetch(`${urls.prod}/hello/prod`);
  expect(answer.status).toBe(200);
  expect(urls.prod).not.toBe(urls.dev);
});

test("the outcome is committed to the platform repository", async ({ product }) => {
  await expect
    .poll(
      async () => {
        const { data } = await octokit(product).rest.repos.getContent({
          owner: "acme",
          repo: "platform",
          path: `releases/${SERVICE}/prod.yaml`,
        });
        return "content" in data ? Buffer.from(data.content, "base64").toString("utf8") : "";
      },
      { timeout: 15_000 },
    )
    .toMatch(/by:\s+email: approver@example\.com[\s\S]+outcome:\s+status: deployed/);
});

test("metrics and traces of exactly these requests are on the page, separately for dev and prod", async ({
  page,
  product,
}) => {
  await signIn(page, product, "developer");
  const read = async (environment: string, what: "metrics" | "traces") => {
    const answer = await page.request.get(
      `${product.portalUrl}/api/v1/services/${SERVICE}/environments/${environment}/${what}?minutes=60`,
    );
    return ((await answer.json()) as { value: { series?: Series[]; length: number } }).value;
  };
  const invocations = async (environment: string) => {
    const series = (await read(environment, "metrics")).series?.find(({ metric }) => metric === "invocations");
    return (series?.points ?? []).reduce((sum, { value }) => sum + value, 0);
  };
  const counts = async () => ({
    dev: [await invocations("dev"), (await read("dev", "traces")).length],
    prod: [await invocations("prod"), (await read("prod", "traces")).length],
  });
  // On AWS a metric is a minute late: what came before must have arrived, or it would be counted with what comes now.
  if (product.isRealistic) await setTimeout(75_000);
  const before = await counts();
  for (let i = 0; i < 3; i++) expect((await fetch(`${urls.prod}/hello/again`)).status).toBe(200);
  const { dev, prod } = before;
  const expected = { dev, prod: prod.map((count) => (count ?? 0) + 3) };
  await expect.poll(counts, { timeout: product.isRealistic ? 150_000 : 30_000 }).toEqual(expected);

  await page.goto(`${product.portalUrl}/services/${SERVICE}/metrics`);
  await expect(page.getByRole("region", { name: "prod" }).getByText("Invocations").first()).toBeVisible();
  await page.goto(`${product.portalUrl}/services/${SERVICE}/traces?environment=prod`);
  await page.getByRole("table", { name: "Traces" }).getByRole("link").first().click();
  await expect(page.getByText("GET /hello/{name}").first()).toBeVisible();
});

test("a pushed change goes down the same road", async ({ page, product }) => {
  writeFileSync(path.join(clone, "CHANGES.md"), "# Changes\n\nA change.\n");
  await git(product, "developer", ["add", "."], clone);
  await git(product, "developer", ["commit", "--quiet", "-m", "Describe the changes"], clone);
  await git(product, "developer", ["push", "--quiet"], clone);
  await signIn(page, product, "approver");
  await page.goto(`${product.portalUrl}/services/${SERVICE}`);
  await expect(page.getByRole("link", { name: "Review release" })).toBeVisible({ timeout: product.roadMs });
  await page.getByRole("link", { name: "Review release" }).click();
  await expect(page.getByText("Describe the changes").first()).toBeVisible();
});

test("a failing unit test stops the road before dev, and the page says which test", async ({ page, product }) => {
  const name = "orders are never negative";
  writeFileSync(
    path.join(clone, "tests/unit/failing.test.ts"),
    `import assert from "node:assert/strict";\nimport { test } from "node:test";\n\ntest("${name}", () => {\n  assert.equal(-1, 1);\n});\n`,
  );
  await git(product, "developer", ["add", "."], clone);
  await git(product, "developer", ["commit", "--quiet", "-m", "Break a test"], clone);
  await git(product, "developer", ["push", "--quiet"], clone);
  await signIn(page, product, "developer");
  await page.goto(`${product.portalUrl}/services/${SERVICE}/pipeline`);
  await expect(page.getByText("This test failed")).toBeVisible({ timeout: product.roadMs });
  await expect(page.getByText(name).first()).toBeVisible();
});

test("a worker that is killed while a service is made leaves one repository, and the service is finished", async ({
  page,
  product,
}) => {
  await signIn(page, product, "developer");
  await page.goto(`${product.portalUrl}/templates/http-api-typescript`);
  await page.getByLabel("Name").fill("invoices");
  await page.getByRole("button", { name: "Create service" }).click();
  const before = product.pid("worker");
  await expect(page.getByRole("heading", { name: /Creating invoices/ })).toBeVisible();
  process.kill(before, "SIGKILL");
  await expect(page.getByRole("heading", { name: "invoices is ready" })).toBeVisible({ timeout: 60_000 });
  expect(product.pid("worker")).not.toBe(before);
  const { data } = await octokit(product).request("GET /orgs/{org}/repos", { org: "acme", per_page: 100 });
  expect(data.filter(({ name }: { name: string }) => name === "invoices")).toHaveLength(1);
  const { data: commits } = await octokit(product).rest.repos.listCommits({ owner: "acme", repo: "invoices" });
  expect(commits).toHaveLength(1);
});

test("the AWS CLI reads the same state back", async ({ product }) => {
  const found = await run("aws", ["--version"]).then(
    () => true,
    () => false,
  );
  test.skip(!found, "the AWS CLI is not installed");
  const { accessKeyId, secretAccessKey } = product.credentials("333333333333");
  const { stdout } = await run(
    "aws",
    [
      "--endpoint-url",
      product.awsUrl,
      "--region",
      "eu-west-1",
      "cloudformation",
      "describe-stacks",
      "--stack-name",
      SERVICE,
    ],
    {
      env: {
        PATH: process.env.PATH ?? "",
        HOME: folder,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
      },
    },
  );
  expect(JSON.parse(stdout)).toMatchObject({ Stacks: [{ StackName: SERVICE }] });
});

test("no secret of the installation is in a log or in the clone's configuration", async ({ product }) => {
  const secrets = Object.values(
    JSON.parse(readFileSync(path.join(product.home, "secrets.json"), "utf8")) as Record<string, string>,
  );
  for (const file of ["worker.log", "portal.log", "sandbox.log"]) {
    const log = readFileSync(path.join(product.home, "logs", file), "utf8");
    for (const secret of secrets) expect(log.includes(secret), `${file} holds a secret`).toBe(false);
    expect(log).not.toMatch(/ghs_[A-Za-z0-9]{20,}/);
  }
  expect(readFileSync(path.join(clone, ".git/config"), "utf8")).not.toMatch(/sandbox@|:sandbox/);
});

test("a name that can't be one is explained beside its field, and nothing is created", async ({ page, product }) => {
  await signIn(page, product, "developer");
  await page.goto(`${product.portalUrl}/templates/http-api-typescript`);
  const name = page.getByLabel("Name");
  for (const bad of ["", "x".repeat(64), "ordérs", "..", "-x", "con", "__proto__", "Orders", SERVICE]) {
    await name.fill(bad);
    await page.getByRole("button", { name: "Create service" }).click();
    await expect(name).toHaveAttribute("aria-invalid", "true");
    await expect(name).toHaveAccessibleDescription(/\S/);
  }
  const { data } = await octokit(product).request("GET /orgs/{org}/repos", { org: "acme", per_page: 100 });
  expect(data.map((repository: { name: string }) => repository.name).sort()).toEqual([
    "invoices",
    "orders",
    "platform",
  ]);
});

test("an address that leads nowhere is said so inside the frame", async ({ page, product }) => {
  await signIn(page, product, "viewer");
  for (const address of ["/nope", "/services/nobody", "/releases/rel_0"]) {
    await page.goto(`${product.portalUrl}${address}`);
    await expect(page.getByRole("heading", { name: "There is nothing here that you can see" })).toBeVisible();
    await expect(page.getByRole("link", { name: "Services", exact: true }).first()).toBeVisible();
  }
});

test("axe finds no violation on any page, light and dark, wide and narrow", async ({ browser, product }) => {
  const addresses = [
    "/",
    "/services",
    `/services/${SERVICE}`,
    `/services/${SERVICE}/pipeline`,
    `/services/${SERVICE}/metrics`,
  ];
  addresses.push(
    `/services/${SERVICE}/logs`,
    `/services/${SERVICE}/traces`,
    "/approvals",
    "/templates",
    "/templates/http-api-typescript",
  );
  for (const [colorScheme, width] of [
    ["light", 1440],
    ["dark", 390],
  ] as const) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 860 } });
    const page = await context.newPage();
    await signIn(page, product, "approver");
    for (const address of addresses) {
      await page.goto(`${product.portalUrl}${address}`);
      await page.waitForLoadState("load");
      await expect(page.getByRole("status", { name: /^Loading/ })).toHaveCount(0);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(
        violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
        `${address} ${colorScheme} ${width}`,
      ).toEqual([]);
      const overflow = await page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth",
      );
      expect(overflow, `${address} scrolls sideways at ${width}`).toBe(false);
    }
    await context.close();
  }
});
