/** `npm start`: installs and builds what is missing, then becomes the supervisor (start.ts) on the pinned Node. */
import { spawn } from "node:child_process";
import { ensureInstalled, environment, node, root, turbo } from "./setup.mjs";

ensureInstalled();
turbo("build");

const args = ["scripts/start.ts", ...process.argv.slice(2)];
if (typeof process.execve === "function" && process.platform !== "win32") {
  process.chdir(root);
  process.execve(node, [node, ...args], environment());
} else {
  // A terminal sends Ctrl-C to the child as well: this process only waits for it.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill("SIGTERM"));
  const child = spawn(node, args, { cwd: root, env: environment(), stdio: "inherit" });
  child.on("exit", (code) => process.exit(code ?? 1));
}
