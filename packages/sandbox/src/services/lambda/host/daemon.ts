import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { readDatagram } from "../../xray/daemon.ts";
import type { Scope, Telemetry } from "./telemetry.ts";

export interface Daemon {
  readonly address: string;
  close(): void;
}

/**
 * Lambda runs an X-Ray daemon beside each function, which writes as that function's account. One port for each account
 * does the same: a datagram itself doesn't say whose it is.
 */
export function daemonOf(daemons: Map<string, Promise<Daemon>>, scope: Scope, telemetry: Telemetry): Promise<Daemon> {
  const key = `${scope.account}/${scope.region}`;
  const known = daemons.get(key);
  if (known) return known;
  const opened = (async () => {
    const socket = createSocket("udp4");
    socket.on("message", (datagram) => {
      const document = readDatagram(datagram);
      if (document !== undefined) telemetry.segment(scope, document);
    });
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    socket.unref();
    const { port } = socket.address() as AddressInfo;
    return { address: `127.0.0.1:${port}`, close: () => void socket.close() };
  })();
  daemons.set(key, opened);
  return opened;
}
