import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { Octokit } from "octokit";
import { expect, git, type RunningProduct, signIn, test, writeAdvisories } from "./product.ts";

/** How services stand to the standards, and how a finding is mended. Each test goes on where the one before it ended. */
test.describe.configure({ mode: "serial" });

const SERVICE = "ledger";
let folder: string;
let clone: string;

test.beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "turnpike-standards-"));
  clone = path.join(folder, SERVICE);
});

test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

function octokit(product: RunningProduct, login: string): Octokit {
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  return new Octokit({ baseUrl: product.githubUrl, auth: `sandbox-${login}`, log: silent });
}

async function push(product: RunningProduct, directory: string, message: string): Promise<void> {
  await git(product, "developer", ["add", "--all"], directory);
  await git(product, "developer", ["commit", "--quiet", "-m", message], directory);
  await git(product, "developer", ["push", "--quiet", "origin", "HEAD:main"], directory);
}

test("a new service has a scorecard, on which every rule is kept", async ({ page, product }) => {
  await signIn(page, product, "developer");
  await page.goto(`${product.portalUrl}/templates/http-api-typescript`);
  await page.getByLabel("Name").fill(SERVICE);
  await page.getByRole("button", { name: "Create service" }).click();
  await expect(page.getByRole("heading", { name: `${SERVICE} is ready` })).toBeVisible({ timeout: 30_000 });
  await page.goto(`${product.portalUrl}/services/${SERVICE}/standards`);
  await expect(page.getByText(/^(\d+) of \1 that apply are kept$/)).toBeVisible({ timeout: 30_000 });
  await page.getByRole("link", { name: "Standards", exact: true }).first().click();
  const row = page.getByRole("row", { name: new RegExp(SERVICE) });
  await expect(row.getByText(/^\d+ kept$/)).toBeVisible();
  await expect(page.getByText("No rule is broken.")).toBeVisible();
});

test("a push that breaks a rule is on the scorecard without a reload, and on the fleet's page first", async ({
  page,
  product,
}) => {
  await signIn(page, product, "developer");
  await page.goto(`${product.portalUrl}/services/${SERVICE}/standards`);
  await expect(page.getByText(/^(\d+) of \1 that apply are kept$/)).toBeVisible();
  await git(product, "developer", ["clone", "--quiet", `${product.githubUrl}/acme/${SERVICE}.git`, clone], folder);
  const file = path.join(clone, "template.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("    Tracing: Active\n", ""));
  await push(product, clone, "Trace nothing");
  const rule = page.getByRole("listitem").filter({ has: page.getByText("OPS-2", { exact: true }) });
  await expect(rule.getByText("Fix: Trace every invocation").first()).toBeVisible();
  await expect(rule.getByRole("img", { name: "Must be mended" })).toBeVisible();
  await page.goto(`${product.portalUrl}/standards`);
  await expect(page.getByRole("row", { name: new RegExp(SERVICE) }).getByText("1 block")).toBeVisible();
  await page.getByRole("link", { name: /^OPS-2/ }).click();
  await expect(page.getByRole("row", { name: new RegExp(SERVICE) })).toBeVisible();
});

test("who may only read is offered no fix", async ({ page, product }) => {
  await signIn(page, product, "viewer");
  await page.goto(`${product.portalUrl}/services/${SERVICE}/standards`);
  await expect(page.getByText("OPS-2", { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: /^Open fix/ })).toHaveCount(0);
});

test("a fix is a pull request with the patch, by whoever asked; merged, the rule is kept again", async ({
  page,
  product,
}) => {
  await signIn(page, product, "developer");
  await page.goto(`${product.portalUrl}/services/${SERVICE}/standards`);
  await page.getByRole("button", { name: "Open fix for OPS-2" }).click();
  const link = page.getByRole("link", { name: "Pull request" });
  await expect(link).toBeVisible();
  const github = octokit(product, "developer");
  const at = { owner: "acme", repo: SERVICE };
  const { data: pulls } = await github.rest.pulls.list(at);
  expect(pulls).toMatchObject([{ title: expect.stringMatching(/^OPS-2: /), base: { ref: "main" } }]);
  const [pull] = pulls;
  if (!pull) throw new Error("There is no pull request.");
  expect(await link.getAttribute("href")).toBe(pull.html_url);
  expect(pull.body).toContain("Asked for by @developer");
  const { data: commit } = await github.rest.repos.getCommit({ ...at, ref: pull.head.sha });
  expect(commit.commit.author).toMatchObject({ email: "developer@example.com" });
  expect(commit.files?.map(({ filename }) => filename)).toEqual(["template.yaml"]);
  await github.rest.pulls.merge({ ...at, pull_number: pull.number });
  await expect(page.getByText(/^(\d+) of \1 that apply are kept$/)).toBeVisible();
  await expect(page.getByRole("img", { name: /^Rules to mend at the last 3 commits: 0, 1, 0$/ })).toBeVisible();
});

test("a hole that becomes known in what is shipped is on the scorecard, though nobody pushed", async ({
  page,
  product,
}) => {
  await signIn(page, product, "developer");
  await page.goto(`${product.portalUrl}/services/${SERVICE}/standards`);
  await expect(page.getByText(/^(\d+) of \1 that apply are kept$/)).toBeVisible();
  const ranges = [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed: "99.0.0" }] }];
  const affected = [{ package: { ecosystem: "npm", name: "@opentelemetry/api" }, ranges }];
  writeAdvisories(product.home, [{ id: "GHSA-test-0001", summary: "Traces too much", affected }]);
  await expect(page.getByText(/^@opentelemetry\/api \S+ has GHSA-test-0001 .* mended in 99\.0\.0\.$/)).toBeVisible({
    timeout: 60_000,
  });
  writeAdvisories(product.home, []);
});

test("a repository that Turnpike never made is imported and judged, and nothing in it is changed", async ({
  page,
  product,
}) => {
  const github = octokit(product, "admin");
  await github.rest.repos.createInOrg({ org: "acme", name: "Legacy.Shop" });
  const directory = path.join(folder, "legacy");
  await git(product, "admin", ["init", "--quiet", "--initial-branch=main", directory], folder);
  writeFileSync(
    path.join(directory, "template.yml"),
    `Resources:
  Work:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs18.x
      Handler: index.handler
      Role: !Sub arn:aws:iam::\${AWS::AccountId}:role/shared
      Code: { ZipFile: "exports.handler = async () => 1" }
`,
  );
  await git(product, "admin", ["add", "--all"], directory);
  await git(product, "admin", ["commit", "--quiet", "-m", "As it was"], directory);
  await git(product, "admin", ["push", "--quiet", `${product.githubUrl}/acme/Legacy.Shop.git`, "main"], directory);

  await signIn(page, product, "developer");
  await page.goto(`${product.portalUrl}/standards`);
  await page.getByRole("link", { name: "Import a repository" }).click();
  await page.getByRole("textbox", { name: "Repository" }).fill("https://github.com/acme/../etc");
  await page.getByRole("button", { name: "Import repository" }).click();
  await expect(page.getByText("Give a repository as it is on GitHub, such as acme/legacy.")).toBeVisible();
  await page.getByRole("textbox", { name: "Repository" }).fill("Legacy.Shop");
  await page.getByRole("button", { name: "Import repository" }).click();
  await expect(page).toHaveURL(/\/standards\/legacy-shop$/);
  await expect(page.getByText("SUS-1", { exact: true })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText(/^template\.yml:\d+$/).first()).toBeVisible();
  const { data: commits } = await github.rest.repos.listCommits({ owner: "acme", repo: "Legacy.Shop" });
  expect(commits).toHaveLength(1);
});

test("the pages of standards have no barrier that axe finds, light and dark", async ({ page, product }) => {
  await signIn(page, product, "developer");
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const address of [
      "/standards",
      `/services/${SERVICE}/standards`,
      "/standards/legacy-shop",
      "/standards/import",
    ]) {
      await page.goto(product.portalUrl + address);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations, address).toEqual([]);
    }
  }
});
