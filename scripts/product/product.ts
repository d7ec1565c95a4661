import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { migrate, startEmbeddedPostgres } from "@turnpike/store";
import { type Child, startChild } from "./child.ts";
import { openHome } from "./home.ts";
import { keepRunning } from "./keep-running.ts";
import { seed } from "./seed.ts";

const root = path.resolve(import.meta.dirname, "../..");
const lifeline = path.join(import.meta.dirname, "lifeline.mjs");

const ORGANISATION = "acme";
const PLATFORM_REPOSITORY = `${ORGANISATION}/platform`;
const APP_ID = 1;
const REGION = "eu-west-1";
const TOOLING_ACCOUNT = "111111111111";

export interface ProductOptions {
  /** Absolute path of the folder that holds all state. */
  readonly home: string;
  /** Take the well-known ports when they are free. */
  readonly preferFixedPorts: boolean;
  /** The sandbox is as late as AWS is. */
  readonly realistic: boolean;
  readonly onProgress: (message: string) => void;
}

interface SandboxAddresses {
  readonly awsUrl: string;
  readonly gatewayUrl: string;
  readonly githubUrl: string;
  readonly oidcUrl: string;
}

export interface Product extends SandboxAddresses {
  readonly portalUrl: string;
  readonly home: string;
  readonly databaseUrl: string;
  /** Key of the tooling account, for clients that read the journey back. */
  readonly credentials: (accountId: string) => { accessKeyId: string; secretAccessKey: string };
  /** Rejects when a process that others need has ended by itself; the worker and the portal are started again. */
  readonly broken: Promise<never>;
  /** Portal, worker, sandbox, database: in this order. */
  stop(): Promise<void>;
}

/** Settings of the machine that our own processes need; everything else of this shell stays out of them. */
function inherited(): Record<string, string> {
  const names = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"];
  const patterns = /^(npm_config_|NPM_CONFIG_|https?_proxy$|no_proxy$|HTTPS?_PROXY$|NO_PROXY$)/;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && (names.includes(name) || patterns.test(name)) ? [[name, value]] : [],
    ),
  );
}

/**
 * Starts the whole product on this machine, as production would run it, with the sandbox where AWS, GitHub and the
 * identity provider are. State is found again at the next start.
 */
export async function startProduct(options: ProductOptions): Promise<Product> {
  const { home, ports, secrets, appKeyFile } = await openHome(options.home, options.preferFixedPorts);
  const logDir = path.join(home, "logs");
  mkdirSync(logDir, { recursive: true, mode: 0o700 });
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };

  try {
    const portalUrl = `http://127.0.0.1:${ports.portal}`;
    const sandboxConfig = path.join(home, "sandbox.json");
    writeFileSync(
      sandboxConfig,
      JSON.stringify({
        dataDir: path.join(home, "sandbox"),
        ports: { aws: ports.aws, gateway: ports.gateway, github: ports.github, oidc: ports.oidc },
        region: REGION,
        realistic: options.realistic,
        github: {
          organisation: ORGANISATION,
          app: {
            id: APP_ID,
            slug: "turnpike",
            privateKey: readFileSync(appKeyFile, "utf8"),
            webhookSecret: secrets.webhookSecret,
            webhookUrl: `${portalUrl}/api/webhooks/github`,
          },
          rateLimits: options.realistic,
        },
        oidc: {
          clientId: "turnpike-portal",
          clientSecret: secrets.oidcClientSecret,
          portalUrl,
        },
      }),
      { mode: 0o600 },
    );

    options.onProgress("Starting the database and the sandbox …");
    const base = inherited();
    const [database, sandbox] = await Promise.all([
      openDatabase(home).then((started) => {
        stops.push(started.stop);
        return started;
      }),
      startChild({
        name: "sandbox",
        args: ["packages/sandbox/src/main.ts", "--config", sandboxConfig],
        cwd: root,
        env: base,
        logDir,
        timeoutMs: 60_000,
        ready: (line) => {
          if (!line.startsWith('{"ready"')) return undefined;
          return JSON.parse(line) as SandboxAddresses;
        },
      }).then((started) => {
        stops.push(() => started.child.stop());
        return started;
      }),
    ]);
    const addresses = sandbox.ready;
    const secretKeys = JSON.parse(readFileSync(path.join(home, "sandbox", "credentials.json"), "utf8")) as Record<
      string,
      string
    >;
    const credentials = (accountId: string) => {
      const secretAccessKey = secretKeys[accountId];
      if (!secretAccessKey) throw new Error(`The sandbox has no account ${accountId}.`);
      return { accessKeyId: `AKIA${accountId}0000`, secretAccessKey };
    };

    await seed({
      home,
      addresses,
      credentials,
      appId: APP_ID,
      appPrivateKey: readFileSync(appKeyFile, "utf8"),
      externalId: secrets.externalId,
      platformRepository: PLATFORM_REPOSITORY,
      region: REGION,
      onProgress: options.onProgress,
    });

    const key = credentials(TOOLING_ACCOUNT);
    const env = {
      ...base,
      NODE_ENV: "production",
      DATABASE_URL: database.url,
      PORTAL_URL: portalUrl,
      AUTH_SECRET: secrets.authSecret,
      OIDC_ISSUER: addresses.oidcUrl,
      OIDC_CLIENT_ID: "turnpike-portal",
      OIDC_CLIENT_SECRET: secrets.oidcClientSecret,
      GITHUB_API_URL: addresses.githubUrl,
      GITHUB_URL: addresses.githubUrl,
      GITHUB_APP_ID: String(APP_ID),
      GITHUB_APP_PRIVATE_KEY_FILE: appKeyFile,
      GITHUB_WEBHOOK_SECRET: secrets.webhookSecret,
      PLATFORM_REPOSITORY,
      TURNPIKE_DATA_DIR: path.join(home, "data"),
      TEMPLATES_DIR: path.join(root, "templates"),
      PIPELINE_TEMPLATE: path.join(root, "infra/service-pipeline.yaml"),
      VERIFIER_FILE: path.join(root, "apps/verify/dist/verify.mjs"),
      ADVISORIES_FILE: path.join(home, "advisories.json"),
      READER_EXTERNAL_ID: secrets.externalId,
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL: addresses.awsUrl,
      AWS_ACCESS_KEY_ID: key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
      NEXT_TELEMETRY_DISABLED: "1",
    };

    const startWorker = async () => {
      const { child } = await startChild({
        name: "worker",
        args: ["--import", lifeline, "apps/worker/src/main.ts"],
        cwd: root,
        env,
        logDir,
        timeoutMs: 60_000,
        ready: (line) => line.includes('"worker ready"') || undefined,
      });
      return child;
    };
    const startPortal = async () => {
      const next = path.join(root, "node_modules/next/dist/bin/next");
      const { child } = await startChild({
        name: "portal",
        args: [
          "--import",
          lifeline,
          next,
          "start",
          "apps/portal",
          "--hostname",
          "127.0.0.1",
          "--port",
          String(ports.portal),
        ],
        cwd: root,
        env: { ...env, PORT: String(ports.portal) },
        logDir,
        timeoutMs: 60_000,
        ready: (line) => /Ready in/.test(line) || undefined,
      });
      await untilHealthy(portalUrl, child);
      return child;
    };

    options.onProgress("Starting the worker and the portal …");
    const processes = new Map<string, number>([["sandbox", sandbox.child.pid]]);
    const keep = (name: string, start: () => Promise<Child>) =>
      keepRunning(start, {
        onStart: (pid) => {
          processes.set(name, pid);
          writeFileSync(path.join(home, "processes.json"), JSON.stringify(Object.fromEntries(processes)));
        },
        onEnd: () => options.onProgress(`The ${name} ended unexpectedly; starting it again.`),
      });
    const [worker, portal] = await Promise.all([keep("worker", startWorker), keep("portal", startPortal)]);
    stops.push(worker.stop);
    stops.push(portal.stop);
    const broken = sandbox.child.ended.then(() => {
      throw new Error(`The sandbox ended unexpectedly; see ${path.join(logDir, "sandbox.log")}.`);
    });
    broken.catch(() => undefined);
    return { ...addresses, portalUrl, home, databaseUrl: database.url, credentials, broken, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Next says "Ready" before it has loaded our code: the portal is ready when it answers. */
async function untilHealthy(portalUrl: string, portal: Child): Promise<void> {
  let ended = false;
  portal.ended.then(() => {
    ended = true;
  });
  for (const deadline = Date.now() + 30_000; Date.now() < deadline && !ended; ) {
    const answer = await fetch(`${portalUrl}/api/health`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("The portal did not become healthy. Its output is in logs/portal.log of the state's folder.");
}

/** The database at DATABASE_URL, or one of our own below `home`; migrated either way. */
async function openDatabase(home: string): Promise<{ url: string; stop: () => Promise<unknown> }> {
  const given = process.env.DATABASE_URL;
  if (given) {
    await migrate(given);
    return { url: given, stop: async () => undefined };
  }
  const embedded = await startEmbeddedPostgres(path.join(home, "postgres"));
  await migrate(embedded.url);
  return embedded;
}
