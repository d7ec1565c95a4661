import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Surroundings } from "../../../core/context.ts";
import type { FunctionConfig } from "../records.ts";
import { invalid, unsupported } from "../records.ts";

const BOOTSTRAP = join(import.meta.dirname, "../bootstrap");

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * Refuses a runtime that can't run here, when the function is created and not at its first invocation. Any `nodejs`
 * runs on the Node of this process; any `python3` on the machine's.
 */
export async function requireRuntime(surroundings: Surroundings, runtime: string): Promise<void> {
  if (/^nodejs\d+\.x$/.test(runtime) || /^provided(\.al2(023)?)?$/.test(runtime)) return;
  if (/^python3\.\d+$/.test(runtime)) {
    await findPython(surroundings, runtime);
    return;
  }
  if (/^(java|dotnet|ruby|go|python)/.test(runtime)) throw unsupported(`runtime ${runtime}`);
  throw invalid(`Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set.`);
}

/** How a function's process is started; its environment says the rest. */
export async function commandFor(
  surroundings: Surroundings,
  config: FunctionConfig,
  codeFolder: string,
): Promise<Command> {
  if (config.runtime.startsWith("provided")) return { file: join(codeFolder, "bootstrap"), args: [] };
  if (config.runtime.startsWith("python")) {
    const file = await findPython(surroundings, config.runtime);
    return { file, args: ["-u", join(BOOTSTRAP, "python.py")] };
  }
  return { file: process.execPath, args: [`--max-old-space-size=${config.memoryMb}`, join(BOOTSTRAP, "node.mjs")] };
}

/**
 * The interpreter's own path: `python3` on the PATH may be a version manager's script, which costs time at every start.
 * The runtime's own version is preferred.
 */
async function findPython(surroundings: Surroundings, runtime: string): Promise<string> {
  const home = join(surroundings.dataDir, "lambda", "home");
  for (const name of [runtime, "python3"]) {
    try {
      const { stdout } = await promisify(execFile)(name, ["-c", "import sys; print(sys.executable)"], {
        env: surroundings.childEnvironment(home),
      });
      if (stdout.trim() !== "") return stdout.trim();
    } catch {
      // Not under this name; the next, or the refusal below, says it.
    }
  }
  throw unsupported(`runtime ${runtime} without a python3 on the PATH`);
}
