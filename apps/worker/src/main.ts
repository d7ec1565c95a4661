import { ConfigError, loadConfig } from "@turnpike/config";
import { pino } from "pino";
import { createContainer } from "./container.ts";
import { startLoops } from "./loops.ts";

/** How long the step under way may take to end after SIGTERM; whatever it left is taken up at the next start. */
const STOP_MS = 10_000;

async function main(): Promise<void> {
  const config = loadConfig();
  const log = pino({ level: config.logLevel, base: { process: "worker" } });
  const container = createContainer(config, log);
  await container.store.start();
  const stopLoops = startLoops(container);
  log.info({}, "worker ready");

  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => {
      log.warn({}, "a step did not end in time; it is resumed at the next start");
      process.exit(1);
    }, STOP_MS).unref();
    await stopLoops();
    await container.stop();
    log.info({}, "worker stopped");
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop());
  process.on("SIGINT", () => void stop());
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : String(error)}\n`);
  process.exit(1);
}
