import { generateKeyPairSync, randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";

/** Ports of one installation on a laptop. Chosen once: stack outputs, clone URLs and sign-in callbacks name them. */
export interface Ports {
  readonly portal: number;
  readonly aws: number;
  readonly gateway: number;
  readonly github: number;
  readonly oidc: number;
}

/** Made at the first start, kept with mode 0600, never printed. */
interface Secrets {
  readonly authSecret: string;
  readonly oidcClientSecret: string;
  readonly webhookSecret: string;
  readonly externalId: string;
}

const preferred: Ports = { portal: 3000, aws: 4566, gateway: 4567, github: 4568, oidc: 4569 };

/** A port of another program is where this installation's should be. */
class PortInUseError extends Error {
  constructor(name: string, port: number, home: string) {
    super(
      `Port ${port} (${name}) is in use by another program, and this installation's addresses are bound to it. ` +
        `Nothing was started. Stop that program, or start over on other ports by removing ${home}.`,
    );
  }
}

/** This installation runs already: nothing of it may be touched. */
class RunningAlreadyError extends Error {
  constructor({ portal }: Ports) {
    super(`Turnpike runs already in this folder, at http://127.0.0.1:${portal}. Nothing was started.`);
  }
}

/** Whether one of the processes that the last start wrote down still runs. */
function runs(home: string): boolean {
  const file = path.join(home, "processes.json");
  if (!existsSync(file)) return false;
  return Object.values(JSON.parse(readFileSync(file, "utf8")) as Record<string, number>).some((pid) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      // No such process, or somebody else's under a number that was used again.
      return false;
    }
  });
}

/** Whether a server could listen on this loopback port now. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** A port of loopback that nobody listens on at this moment. */
export function anyFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** Writes a private file as a whole or not at all. */
function writePrivate(file: string, content: string): void {
  const partial = `${file}.partial`;
  writeFileSync(partial, content, { mode: 0o600 });
  chmodSync(partial, 0o600);
  renameSync(partial, file);
}

async function choosePorts(preferFixed: boolean): Promise<Ports> {
  const entries = await Promise.all(
    Object.entries(preferred).map(async ([name, port]) => [
      name,
      preferFixed && (await isFree(port)) ? port : await anyFreePort(),
    ]),
  );
  return Object.fromEntries(entries) as Ports;
}

/**
 * Opens the folder that holds all state of an installation, making it at the first start.
 *
 * @param home absolute path; created with mode 0711 so that PostgreSQL's own OS user may pass through
 * @param preferFixed take the well-known ports when they are free; tests take any
 * @throws RunningAlreadyError when it runs already, PortInUseError when another program has a remembered port
 */
export async function openHome(home: string, preferFixed: boolean) {
  mkdirSync(home, { recursive: true, mode: 0o711 });
  const portsFile = path.join(home, "ports.json");
  let ports: Ports;
  if (existsSync(portsFile)) {
    ports = JSON.parse(readFileSync(portsFile, "utf8")) as Ports;
    for (const [name, port] of Object.entries(ports)) {
      if (await isFree(port)) continue;
      throw runs(home) ? new RunningAlreadyError(ports) : new PortInUseError(name, port, home);
    }
  } else {
    ports = await choosePorts(preferFixed);
    writePrivate(portsFile, `${JSON.stringify(ports, null, 2)}\n`);
  }

  const secretsFile = path.join(home, "secrets.json");
  if (!existsSync(secretsFile)) {
    const secret = () => randomBytes(32).toString("base64url");
    const secrets: Secrets = {
      authSecret: secret(),
      oidcClientSecret: secret(),
      webhookSecret: secret(),
      externalId: secret(),
    };
    writePrivate(secretsFile, `${JSON.stringify(secrets, null, 2)}\n`);
  }
  const appKeyFile = path.join(home, "github-app.pem");
  if (!existsSync(appKeyFile)) {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writePrivate(appKeyFile, privateKey.export({ type: "pkcs1", format: "pem" }).toString());
  }
  return { home, ports, secrets: JSON.parse(readFileSync(secretsFile, "utf8")) as Secrets, appKeyFile };
}
