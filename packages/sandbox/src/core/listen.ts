import { createSocket, type Socket } from "node:dgram";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { RequestHandler } from "./fronts.ts";

const LOOPBACK = "127.0.0.1";

export interface HttpPort {
  readonly url: string;
  /** Until this is called the port answers 503: it must be known before what answers on it has started. */
  serve(handler: RequestHandler): void;
  /** Back to 503. */
  pause(): void;
  close(): Promise<void>;
}

interface HttpPortOptions {
  readonly loopbackOriginsOnly: boolean;
  readonly onCrash?: (error: unknown, request: IncomingMessage) => void;
}

export interface UdpPort {
  readonly address: string;
  serve(receiver: (datagram: Buffer) => void): void;
  close(): Promise<void>;
}

/**
 * Binds an HTTP port on loopback; 0 takes a free one.
 *
 * Loopback alone doesn't keep a browser out: a page of any origin may send requests to 127.0.0.1, and by DNS rebinding
 * it may even read the answers, because its own host name then resolves to loopback. So the Host must be a loopback
 * name with this port (or below `.localhost`, which never leaves the machine: S3's bucket hosts), and with
 * `loopbackOriginsOnly` a request that names another site as its Origin is refused. The gateway and the issuer don't
 * set it: there a foreign origin is the business of the API's own CORS settings.
 */
export async function listenHttp(port: number, options: HttpPortOptions): Promise<HttpPort> {
  let handler: RequestHandler | undefined;
  const server: Server = createServer({ requestTimeout: 0 }, (request, response) => {
    const refusal = refuse(request, (server.address() as AddressInfo | null)?.port ?? port, options);
    if (refusal) return answer(response, 403, refusal);
    if (!handler) return answer(response, 503, "The sandbox isn't ready.");
    const run = handler;
    // A front that throws loses its own request, not the process in which everything else runs.
    return Promise.try(() => run(request, response)).catch((error: unknown) => {
      options.onCrash?.(error, request);
      if (response.headersSent) response.destroy();
      else answer(response, 500, "The sandbox failed at this request; its log says why.");
    });
  });
  // Above the keep-alive of common clients, so that a reused connection isn't closed under a request.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, LOOPBACK, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${LOOPBACK}:${bound}`,
    serve: (given) => {
      handler = given;
    },
    pause: () => {
      handler = undefined;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Binds a UDP port on loopback; 0 takes a free one. */
export async function listenUdp(port: number): Promise<UdpPort> {
  const socket: Socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, LOOPBACK, resolve);
  });
  return {
    address: `${LOOPBACK}:${socket.address().port}`,
    serve: (receiver) => socket.on("message", (datagram) => receiver(datagram)),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function refuse(request: IncomingMessage, port: number, options: HttpPortOptions): string | undefined {
  const host = request.headers.host ?? "";
  if (!isLoopbackHost(host, port)) return `Host "${host}" isn't this sandbox: use 127.0.0.1:${port}.`;
  const { origin } = request.headers;
  if (options.loopbackOriginsOnly && origin !== undefined && !isLoopbackOrigin(origin)) {
    return `Pages of ${origin} may not call this API.`;
  }
  return undefined;
}

const LOOPBACK_NAME = /^(127\.0\.0\.1|\[::1\]|([a-z0-9_.-]+\.)?localhost)$/i;

function isLoopbackHost(host: string, port: number): boolean {
  const [, name = "", given = "80"] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  return LOOPBACK_NAME.test(name) && Number(given) === port;
}

function isLoopbackOrigin(origin: string): boolean {
  return URL.canParse(origin) && LOOPBACK_NAME.test(new URL(origin).hostname);
}

function answer(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ message }));
}
