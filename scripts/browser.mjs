/** Finds the Chromium that the browser tests drive: one that is there, else Playwright's, else Debian's package. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { environment, node, root } from "./setup.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

function onPath() {
  for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
    for (const name of names) {
      const file = path.join(folder, name);
      if (existsSync(file)) return file;
    }
  }
  const mac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
  return existsSync(mac) ? mac : undefined;
}

function ofPlaywright() {
  const { chromium } = createRequire(path.join(root, "package.json"))("@playwright/test");
  const file = chromium.executablePath();
  return file && existsSync(file) ? file : undefined;
}

/** Absolute path of a Chromium. Ends the process with the one command to run when there is no way to one. */
export async function ensureBrowser() {
  const found = process.env.TURNPIKE_BROWSER || onPath() || ofPlaywright();
  if (found) return found;
  process.stdout.write("No Chromium found; trying Playwright's own download …\n");
  spawnSync(node, ["node_modules/@playwright/test/cli.js", "install", "chromium"], {
    cwd: root,
    env: environment(),
    stdio: "inherit",
    timeout: 300_000,
  });
  const downloaded = ofPlaywright();
  if (downloaded) return downloaded;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    process.stdout.write("Installing Debian's chromium package …\n");
    spawnSync("apt-get", ["update"], { stdio: "inherit" });
    spawnSync("apt-get", ["install", "-y", "--no-install-recommends", "chromium"], {
      stdio: "inherit",
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    const installed = onPath();
    if (installed) return installed;
  }
  process.stderr.write(
    "The browser tests need Chromium and none could be installed. Run: npx playwright install --with-deps chromium\n",
  );
  process.exit(1);
}
