/**
 * The supervisor behind `npm start`: the whole product on this machine, until Ctrl-C. `--home DIR` keeps the state
 * elsewhere than in `.turnpike`; `--any-ports` takes free ports instead of the well-known ones; `--realistic` makes the
 * sandbox as late as AWS is (metrics a minute, logs and traces seconds) and as limited as GitHub is.
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { startProduct } from "./product/product.ts";

const root = path.resolve(import.meta.dirname, "..");
const { values } = parseArgs({
  options: {
    home: { type: "string" },
    "any-ports": { type: "boolean", default: false },
    realistic: { type: "boolean", default: false },
  },
});
const home = path.resolve(values.home ?? path.join(root, ".turnpike"));

let stopping = false;
let stop: () => Promise<void> = async () => {};
const asked = new Promise<void>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      resolve();
    });
  }
});

try {
  const product = await startProduct({
    home,
    preferFixedPorts: !values["any-ports"],
    realistic: values.realistic,
    onProgress: (message) => console.log(message),
  });
  stop = product.stop;
  console.log(`
Turnpike runs at ${product.portalUrl}

  Sign in as   developer@example.com, approver@example.com, admin@example.com or viewer@example.com (no password)
  git          clone over HTTP; user name: the part before @, password: sandbox
  AWS          ${product.awsUrl} (accounts 111111111111 tooling, 222222222222 dev, 333333333333 prod)
  GitHub       ${product.githubUrl}
  Logs, state  ${home}

Ctrl-C stops everything; the next start finds its state again.`);
  await Promise.race([asked, product.broken]);
  console.log("Stopping …");
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
stopping = true;
await stop();
