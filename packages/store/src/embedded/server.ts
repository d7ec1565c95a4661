import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  giveTo,
  isTraversable,
  NoEmbeddedPostgresError,
  type OsUser,
  runnableBinaries,
  runTool,
  serverUser,
} from "./binaries.ts";

export interface EmbeddedPostgres {
  /** Holds the password: never log it. */
  readonly url: string;
  /** Stops the server, aborting open connections. */
  stop(): Promise<void>;
}

interface Connection {
  readonly port: number;
  readonly password: string;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** `folder`, or, where the server's OS user couldn't reach it, a folder of that user's own that `folder` points to. */
function reachable(folder: string, user: OsUser | undefined): string {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  if (!user || isTraversable(folder, user)) return folder;
  const pointer = path.join(folder, "elsewhere");
  if (existsSync(pointer)) {
    const target = readFileSync(pointer, "utf8");
    if (existsSync(target)) return target;
  }
  const target = mkdtempSync(path.join(tmpdir(), "turnpike-postgres-"));
  giveTo(user, target);
  writeFileSync(pointer, target);
  return target;
}

function initialise(folder: string, data: string, binaries: string, user: OsUser | undefined, password: string): void {
  const partial = `${data}.partial`;
  rmSync(partial, { recursive: true, force: true });
  const passwordFile = path.join(folder, ".password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  giveTo(user, passwordFile);
  try {
    const { status, output } = runTool(
      binaries,
      "initdb",
      [
        "-D",
        partial,
        "-U",
        "postgres",
        "-A",
        "scram-sha-256",
        `--pwfile=${passwordFile}`,
        "-E",
        "UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--no-sync",
      ],
      user,
    );
    if (status !== 0) throw new NoEmbeddedPostgresError(`initdb failed: ${output.trim()}`);
    renameSync(partial, data);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/**
 * Starts the PostgreSQL that came with npm on its data in `folder`, made at the first start; attaches when it runs
 * already. Listens on loopback, with a password of its own.
 *
 * @throws NoEmbeddedPostgresError with what to do instead
 */
export async function startEmbeddedPostgres(folder: string): Promise<EmbeddedPostgres> {
  const user = serverUser();
  const home = reachable(path.resolve(folder), user);
  giveTo(user, home);
  const binaries = runnableBinaries(home, user);
  const data = path.join(home, "data");
  const connectionFile = path.join(home, "connection.json");
  if (!existsSync(path.join(data, "PG_VERSION")) || !existsSync(connectionFile)) {
    rmSync(data, { recursive: true, force: true });
    const connection: Connection = { port: await freePort(), password: randomBytes(24).toString("base64url") };
    initialise(home, data, binaries, user, connection.password);
    writeFileSync(connectionFile, JSON.stringify(connection), { mode: 0o600 });
  }
  const known = JSON.parse(readFileSync(connectionFile, "utf8")) as Connection;
  const connection = await ensureRunning(home, data, binaries, user, known);
  if (connection.port !== known.port) writeFileSync(connectionFile, JSON.stringify(connection), { mode: 0o600 });
  return {
    url: `postgresql://postgres:${connection.password}@127.0.0.1:${connection.port}/postgres`,
    async stop() {
      const { status, output } = runTool(binaries, "pg_ctl", ["-D", data, "-m", "fast", "-w", "stop"], user);
      if (status !== 0 && (await answers(connection.port)))
        throw new Error(`PostgreSQL did not stop: ${output.trim()}`);
    },
  };
}

async function ensureRunning(
  home: string,
  data: string,
  binaries: string,
  user: OsUser | undefined,
  known: Connection,
): Promise<Connection> {
  const status = runTool(binaries, "pg_ctl", ["-D", data, "status"], user);
  if (status.status === 0 && (await answers(known.port))) return known;
  const log = path.join(home, "server.log");
  // After a kill -9 the old server's last process may hold the data for a moment: try again for a while.
  for (let attempt = 0; attempt < 20; attempt++) {
    const port = (await answers(known.port)) ? await freePort() : known.port;
    const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c shared_buffers=64MB -c max_connections=60`;
    const started = runTool(binaries, "pg_ctl", ["-D", data, "-w", "-l", log, "-o", settings, "start"], user, true);
    if (started.status === 0) return { ...known, port };
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new NoEmbeddedPostgresError(`it did not start; its log is ${log}`);
}
