/**
 * `npm run screens`: runs the main job on a product of its own and writes pictures of its pages to docs/screens, at
 * 1440×900 and 390×844, light and dark.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type BrowserContext, chromium, type Page } from "@playwright/test";
import { until } from "./bench/figure.ts";
import { type RunningProduct, signIn, withProduct } from "./bench/running-product.ts";
import { ensureBrowser } from "./browser.mjs";
import { gitAs } from "./product/git.ts";

const folder = path.resolve(import.meta.dirname, "../docs/screens");
const sizes = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;
const SERVICE = "orders";

async function signInBrowser(context: BrowserContext, product: RunningProduct, person: string): Promise<void> {
  const page = await context.newPage();
  await page.goto(`${product.portalUrl}/sign-in/start`);
  await page.getByRole("button", { name: new RegExp(`${person}@example.com`) }).click();
  await page.waitForURL(`${product.portalUrl}/`);
  await page.close();
}

type Ask = Awaited<ReturnType<typeof signIn>>;

async function laneUrls(ask: Ask): Promise<string[]> {
  const service = (await (await ask(`/api/v1/services/${SERVICE}`)).json()) as {
    lanes: { deployed?: { endpoint?: string } }[];
  };
  return service.lanes.flatMap(({ deployed }) => (deployed?.endpoint ? [deployed.endpoint] : []));
}

/** Pushes a change that the standards don't allow. */
async function breakRules({ home }: RunningProduct): Promise<void> {
  const ports = JSON.parse(readFileSync(path.join(home, "ports.json"), "utf8")) as { github: number };
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-screens-"));
  const as = (args: readonly string[], cwd: string) => gitAs(home, "developer", args, cwd);
  try {
    await as(["clone", "-q", `http://127.0.0.1:${ports.github}/acme/${SERVICE}.git`, SERVICE], folder);
    const clone = path.join(folder, SERVICE);
    const file = path.join(clone, "template.yaml");
    const text = readFileSync(file, "utf8").replace("    Tracing: Active\n", "").replace(/arm64/, "x86_64");
    writeFileSync(file, text);
    await as(["commit", "-q", "-a", "-m", "Trace nothing"], clone);
    await as(["push", "-q", "origin", "HEAD:main"], clone);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await withProduct(async (product) => {
  mkdirSync(folder, { recursive: true });
  const browser = await chromium.launch({
    executablePath: await ensureBrowser(),
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
  });

  async function shoot(name: string, address: string, person: string, prepare?: (page: Page) => Promise<void>) {
    for (const viewport of sizes) {
      for (const colorScheme of ["light", "dark"] as const) {
        const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
        if (person) await signInBrowser(context, product, person);
        const page = await context.newPage();
        await page.goto(`${product.portalUrl}${address}`);
        await prepare?.(page);
        await page.waitForLoadState("load");
        await page
          .getByRole("status", { name: /^Loading/ })
          .first()
          .waitFor({ state: "hidden" });
        await page.screenshot({ path: path.join(folder, `${name}-${viewport.width}-${colorScheme}.png`) });
        await context.close();
      }
    }
  }

  try {
    const developer = await signIn(product, "developer");
    const approver = await signIn(product, "approver");
    await shoot("sign-in", "/sign-in", "");
    await shoot("home-empty", "/", "developer");
    await shoot("templates", "/templates", "developer");
    await shoot("create", "/templates/http-api-typescript", "developer", async (page) => {
      await page.getByLabel("Name").fill(SERVICE);
      await page.getByText("README.md").first().waitFor();
    });
    await shoot("create-standards", "/templates/http-api-typescript", "developer", async (page) => {
      await page.getByLabel("Name").fill(SERVICE);
      await page.getByRole("tab", { name: /^Standards/ }).click();
      await page.getByRole("region", { name: "Standards" }).scrollIntoViewIfNeeded();
    });
    await developer("/api/v1/services", {
      template: "http-api-typescript",
      name: SERVICE,
      owner: "payments",
      description: "Orders of customers",
      parameters: { memorySize: 256, logRetentionDays: 30 },
    });
    const release = await until("the gate", 180_000, 500, async () => {
      const { releases } = (await (await approver("/api/v1/releases")).json()) as {
        releases: { id: string; fingerprint?: string }[];
      };
      return releases[0];
    });
    await shoot("pipeline", `/services/${SERVICE}/pipeline`, "developer", async (page) => {
      await page.getByRole("region", { name: "Stage Prod: Waiting for approval" }).waitFor();
    });
    await shoot("approvals", "/approvals", "approver");
    await shoot("release", `/releases/${release.id}`, "approver");
    const detail = (await (await approver(`/api/v1/releases/${release.id}`)).json()) as {
      release?: { fingerprint: string };
      fingerprint?: string;
    };
    const fingerprint = detail.release?.fingerprint ?? detail.fingerprint;
    await approver(`/api/v1/releases/${release.id}/decision`, { decision: "approve", fingerprint });
    await until("production", 60_000, 250, async () => ((await laneUrls(developer)).length === 2 ? true : undefined));
    for (const url of await laneUrls(developer)) {
      for (let i = 0; i < 5; i++) await fetch(`${url}/hello/Ada`);
      await fetch(`${url}/hello/${"x".repeat(80)}`);
    }
    await until("the traces", 30_000, 500, async () => {
      const answer = await developer(`/api/v1/services/${SERVICE}/environments/prod/traces?minutes=60`);
      return /"id":"1-/.test(await answer.text()) || undefined;
    });
    // The pages stream: each is shot once what it reads is there.
    const read = {
      service: ["", (page: Page) => page.getByText("Latest pipeline run")],
      metrics: ["/metrics", (page: Page) => page.getByText("Invocations").first()],
      logs: ["/logs", (page: Page) => page.getByRole("main").locator("li time").first()],
      traces: ["/traces", (page: Page) => page.getByRole("table", { name: "Traces" })],
    } as const;
    for (const [name, [tab, sign]] of Object.entries(read)) {
      await shoot(name, `/services/${SERVICE}${tab}`, "developer", (page) => sign(page).waitFor());
    }
    await shoot("decided", "/approvals", "approver");
    await shoot("services", "/services", "developer");
    await shoot("home", "/", "developer");
    await breakRules(product);
    const scorecard = `/services/${SERVICE}/standards`;
    const broken = (page: Page) => page.getByRole("img", { name: "Must be mended" }).first();
    await shoot("scorecard", scorecard, "developer", (page) => broken(page).waitFor());
    await shoot("standards", "/standards", "developer");
    await shoot("import", "/standards/import", "developer");
  } finally {
    await browser.close();
  }
});
