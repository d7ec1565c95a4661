import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServiceRuntime } from "./context.ts";
import type { ServiceDefinition } from "./service.ts";

/**
 * A front is what listens beside the AWS API: GitHub, the OpenID Connect issuer, the HTTP APIs' gateway, the X-Ray
 * daemon's port. `sandbox.ts` owns the socket (loopback, ports, Host and Origin check, closing) and hands a front each
 * request as it came, unread.
 */
export interface HttpFront {
  readonly name: "github" | "oidc" | "gateway";
  /** The service whose rows and background work the front shares: it gets that service's own runtime. */
  readonly service?: ServiceDefinition;
  /** Called once, after all services have started. `options` is what the sandbox's caller gave under the front's name. */
  handler(runtime: ServiceRuntime, options: object): FrontHandler | Promise<FrontHandler>;
}

interface UdpFront {
  readonly name: "xray";
  readonly service?: ServiceDefinition;
  /** Called once, after all services have started; the result gets each datagram. */
  receiver(runtime: ServiceRuntime): (datagram: Buffer) => void;
}

export type FrontDefinition = HttpFront | UdpFront;

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A function, or, where there is something to end or to tell, an object. */
export type FrontHandler =
  | RequestHandler
  | {
      readonly handle: RequestHandler;
      readonly stop?: () => Promise<void>;
      /** GitHub's: where the bare repository of `owner/name` is; it answers `surroundings.gitDirectory`. */
      readonly gitDirectory?: (repository: string) => string | undefined;
    };
