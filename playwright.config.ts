import { defineConfig, devices } from "@playwright/test";

const executablePath = process.env["TURNPIKE_BROWSER"];

/** The journeys: a real browser on the whole product, started from an empty folder for each spec file. */
export default defineConfig({
  testDir: "apps/portal/e2e",
  testMatch: "**/*.spec.ts",
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 300_000,
  expect: { timeout: 15_000 },
  outputDir: "test-results",
  use: {
    actionTimeout: 15_000,
    ...devices["Desktop Chrome"],
    viewport: { width: 1440, height: 900 },
    trace: "retain-on-failure",
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
});
