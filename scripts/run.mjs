/** `node scripts/run.mjs scripts/x.ts …`: installs when needed, then runs a script of ours on the pinned Node. */
import { spawn } from "node:child_process";
import { ensureInstalled, environment, node, root, turbo } from "./setup.mjs";

ensureInstalled();
turbo("generate");
const [script, ...args] = process.argv.slice(2);
const child = spawn(node, [script, ...args], { cwd: root, env: environment(), stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
