import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";

const root = path.resolve(import.meta.dirname, "../..");

/**
 * Starts the product as a process of its own, on free ports, as tests and benches need it; resolves when it can be used.
 *
 * @param home absolute path of the folder that holds all state
 */
export async function spawnProduct(
  home: string,
  { realistic = false }: { realistic?: boolean } = {},
): Promise<{ portalUrl: string; stop: () => Promise<void> }> {
  const options = ["--home", home, "--any-ports", ...(realistic ? ["--realistic"] : [])];
  const child = spawn(process.execPath, ["scripts/start.ts", ...options], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  const output: string[] = [];
  const portalUrl = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        output.push(line);
        const url = /Turnpike runs at (\S+)/.exec(line)?.[1];
        if (url) resolve(url);
      });
    }
    child.once("exit", () => reject(new Error(`The product did not start:\n${output.join("\n")}`)));
  });
  return {
    portalUrl,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
