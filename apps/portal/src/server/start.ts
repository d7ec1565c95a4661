import { createContainer } from "./container.ts";
import { provide } from "./deps.ts";

/** Builds the container before the first request. Ends the process when it can't be built. */
export async function start(): Promise<void> {
  try {
    const made = await createContainer();
    provide(made);
    const { log, stop } = made;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      // Next then closes its server and ends the process, once the last connection has ended.
      process.once(
        signal,
        () => void stop().catch((error) => log.error({ err: error }, "portal did not stop cleanly")),
      );
    }
    log.info({}, "portal ready");
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
