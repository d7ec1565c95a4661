import { container } from "./container.ts";

/** Builds the container before the first request. Ends the process when it can't be built. */
export async function start(): Promise<void> {
  try {
    const { log } = await container();
    log.info({}, "portal ready");
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
