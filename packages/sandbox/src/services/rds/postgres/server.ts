import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, closeSync, existsSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Address } from "./address.ts";
import { binariesFolder, reachable, runTool, serverOptions, serverUser } from "./binaries.ts";

export interface ServerSettings {
  readonly folder: string;
  readonly address: Address;
  readonly masterUsername: string;
  readonly password: string;
  readonly databaseName: string | undefined;
}

export interface PostgresServer {
  /** Ends the server, breaking its connections. Resolves when its process is gone. */
  stop(): Promise<void>;
}

const START_ATTEMPTS = 40;
const PAUSE_MS = 250;

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

/**
 * Starts a PostgreSQL of its own on its data in `folder`, made at the first start. It ends with this process, however
 * that ends: a small watcher holds the other end of a pipe.
 */
export async function startPostgres(settings: ServerSettings): Promise<PostgresServer> {
  const user = serverUser();
  const home = reachable(settings.folder, user);
  const data = join(home, "data");
  if (!existsSync(join(data, "PG_VERSION"))) await initialise(settings, home, data);
  for (let attempt = 1; ; attempt++) {
    // After a kill -9 the old server may hold its data for a moment.
    const server = await launch(settings.address, home, data);
    if (server) return server;
    if (attempt === START_ATTEMPTS) throw new Error(`PostgreSQL didn't start; its log is ${join(home, "server.log")}`);
    await pause();
  }
}

async function initialise(settings: ServerSettings, home: string, data: string): Promise<void> {
  const user = serverUser();
  const partial = `${data}.partial`;
  rmSync(partial, { recursive: true, force: true });
  const passwordFile = join(home, ".password");
  writeFileSync(passwordFile, settings.password, { mode: 0o600 });
  if (user) chownSync(passwordFile, user.uid, user.gid);
  const locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"];
  const access = ["-A", "scram-sha-256", `--pwfile=${passwordFile}`, "-E", "UTF8", "--no-sync"];
  try {
    await runTool("initdb", ["-D", partial, "-U", settings.masterUsername, ...access, ...locale], user);
    const { databaseName } = settings;
    if (databaseName !== undefined && databaseName !== "postgres") {
      await runSql(partial, `CREATE DATABASE ${quoted(databaseName)};`);
    }
    renameSync(partial, data);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Runs a statement while no server runs on the data. */
const runSql = (data: string, statement: string) =>
  runTool("postgres", ["--single", "-D", data, "postgres"], serverUser(), `${statement}\n`);

/** Gives the master user another password. The server must have been stopped. */
export async function changePassword(folder: string, masterUsername: string, password: string): Promise<void> {
  const home = reachable(folder, serverUser());
  await runSql(join(home, "data"), `ALTER USER ${quoted(masterUsername)} PASSWORD ${literal(password)};`);
}

/** Removes a server's data, wherever it is. */
export function removeData(folder: string): void {
  if (!existsSync(folder)) return;
  const home = reachable(folder, serverUser());
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  rmSync(folder, { recursive: true, force: true });
}

const WATCH = 'read -r _; kill -INT "$0"';

async function launch({ host, port }: Address, home: string, data: string): Promise<PostgresServer | undefined> {
  const log = openSync(join(home, "server.log"), "a");
  const settings = [
    `listen_addresses=${host}`,
    "unix_socket_directories=",
    "shared_buffers=32MB",
    "max_connections=100",
  ].flatMap((setting) => ["-c", setting]);
  const child = spawn(join(binariesFolder(), "postgres"), ["-D", data, "-p", String(port), ...settings], {
    ...serverOptions(serverUser()),
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()).once("error", () => resolve()));
  const watcher = watch(child);
  for (let attempt = 0; attempt < START_ATTEMPTS && child.exitCode === null && child.pid !== undefined; attempt++) {
    if (await answers({ host, port })) {
      return {
        async stop() {
          watcher?.kill("SIGKILL");
          child.kill("SIGINT");
          await gone;
        },
      };
    }
    await pause();
  }
  watcher?.kill("SIGKILL");
  child.kill("SIGINT");
  await gone;
  return undefined;
}

function watch(child: ChildProcess): ChildProcess | undefined {
  if (child.pid === undefined || process.platform === "win32") return undefined;
  const watcher = spawn("/bin/sh", ["-c", WATCH, String(child.pid)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: {},
  });
  watcher.unref();
  watcher.stdin?.on("error", () => undefined);
  // A server that ended by itself has nothing to be watched, and its number may be another's soon.
  child.once("close", () => watcher.kill("SIGKILL"));
  return watcher;
}

function answers({ host, port }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
