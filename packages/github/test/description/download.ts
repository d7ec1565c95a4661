import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

/**
 * GitHub's own description of its REST API and webhooks, which all answers of the sandbox's GitHub are judged by. It is
 * fetched from npm once, before the tests: as a dependency it would put half a gigabyte into every installation.
 * Where npm can't be reached, what needs it is skipped by name.
 */

const PACKAGE = "@octokit/openapi@23.0.2";
const INTEGRITY = "sha512-pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==";
const MEMBER = "package/generated/api.github.com.json";

export const descriptionFile = path.resolve(
  import.meta.dirname,
  "../../../../node_modules/.cache/turnpike",
  `${PACKAGE.replaceAll("/", "-")}.json`,
);

const run = promisify(execFile);

export async function setup(): Promise<void> {
  if (existsSync(descriptionFile)) return;
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-description-"));
  try {
    const options = { cwd: folder, timeout: 120_000 };
    const { stdout } = await run("npm", ["pack", "--json", "--loglevel=error", PACKAGE], options);
    const [packed] = JSON.parse(stdout) as { filename: string; integrity: string }[];
    if (packed?.integrity !== INTEGRITY) throw new Error(`${PACKAGE} isn't what it was: ${packed?.integrity}`);
    await run("tar", ["-xzf", packed.filename, MEMBER], options);
    mkdirSync(path.dirname(descriptionFile), { recursive: true });
    renameSync(path.join(folder, MEMBER), descriptionFile);
  } catch (error) {
    process.stderr.write(`GitHub's description isn't here, so answers aren't judged by it: ${String(error)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
