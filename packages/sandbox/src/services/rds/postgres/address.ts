import { createHash } from "node:crypto";
import { createServer } from "node:net";

export interface Address {
  readonly host: string;
  readonly port: number;
}

const POSTGRES_PORT = 5432;
const ATTEMPTS = 10;

/** Whether something may listen there; answers with the port, which `port: 0` leaves open. */
function tryListen({ host, port }: Address): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : undefined));
    });
  });
}

/**
 * An address on loopback for a database or a proxy: PostgreSQL's own port on an address of 127.0.0.0/8 that no other has,
 * because templates hand on host names and take the port for granted. Where only 127.0.0.1 exists (macOS), a free port
 * there. `known` is kept while it can be listened on.
 */
export async function findAddress(seed: string, known: Address | undefined): Promise<Address> {
  if (known && (await tryListen(known)) !== undefined) return known;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [a = 0, b = 0, c = 0] = createHash("sha256").update(`${seed}#${attempt}`).digest();
    const address = { host: `127.${64 + (a % 64)}.${b}.${1 + (c % 254)}`, port: POSTGRES_PORT };
    if ((await tryListen(address)) !== undefined) return address;
  }
  const port = await tryListen({ host: "127.0.0.1", port: 0 });
  if (port === undefined) throw new Error("Nothing on loopback can be listened on.");
  return { host: "127.0.0.1", port };
}
