import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test as base, expect, type Page } from "@playwright/test";
import { gitAs } from "../../../scripts/product/git.ts";
import { spawnProduct } from "../../../scripts/product/spawn.ts";

/** The whole product, started as `npm start` does, from an empty folder, on free ports. */
export interface RunningProduct {
  readonly portalUrl: string;
  readonly githubUrl: string;
  readonly awsUrl: string;
  readonly home: string;
  /** The sandbox is as late as AWS is: `npm run prove -- journey`. */
  readonly isRealistic: boolean;
  /** What a pipeline may take to its next gate or end. */
  readonly roadMs: number;
  /** Pid of a process of the product, as it is now. */
  pid(name: "worker" | "portal" | "sandbox"): number;
  /** The key of one of the sandbox's accounts. */
  credentials(accountId: string): { accessKeyId: string; secretAccessKey: string };
}

async function startProduct(home: string): Promise<{ product: RunningProduct; stop: () => Promise<void> }> {
  const isRealistic = Boolean(process.env.TURNPIKE_REALISTIC);
  const { portalUrl, stop } = await spawnProduct(home, { realistic: isRealistic });
  const json = <T>(file: string): T => JSON.parse(readFileSync(path.join(home, file), "utf8")) as T;
  const ports = json<Record<string, number>>("ports.json");
  const product: RunningProduct = {
    portalUrl,
    githubUrl: `http://127.0.0.1:${ports.github}`,
    awsUrl: `http://127.0.0.1:${ports.aws}`,
    home,
    isRealistic,
    roadMs: isRealistic ? 150_000 : 60_000,
    pid: (name) => json<Record<string, number>>("processes.json")[name] ?? -1,
    credentials: (accountId) => ({
      accessKeyId: `AKIA${accountId}0000`,
      secretAccessKey: json<Record<string, string>>("sandbox/credentials.json")[accountId] ?? "",
    }),
  };
  return { product, stop };
}

export const test = base.extend<object, { product: RunningProduct }>({
  product: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs from here.
    async ({}, use) => {
      const home = mkdtempSync(path.join(tmpdir(), "turnpike-journey-"));
      const { product, stop } = await startProduct(home);
      writeAdvisories(home, []);
      await use(product);
      await stop();
      if (!process.env.TURNPIKE_KEEP) rmSync(home, { recursive: true, force: true });
    },
    { scope: "worker", timeout: 120_000 },
  ],
});

/** What the installation knows against components, as OSV records: as `npm run advisories` leaves it. */
export function writeAdvisories(home: string, records: readonly object[]): void {
  writeFileSync(path.join(home, "advisories.json"), JSON.stringify(records));
}

/** Signs a person in through the identity provider, as they would. */
export async function signIn(page: Page, product: RunningProduct, person: string): Promise<void> {
  await page.goto(product.portalUrl);
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByRole("button", { name: new RegExp(`${person}@example.com`) }).click();
  await expect(page.getByRole("navigation").first()).toBeVisible();
}

/** git as a person runs it. */
export const git = (product: RunningProduct, login: string, args: readonly string[], cwd: string) =>
  gitAs(product.home, login, args, cwd);

export { expect };
