import type { Faults } from "./faults.ts";
import type { Caller, IdentitySource, Need, UserKeys } from "./identity.ts";
import type { Collection, Store } from "./store.ts";

/**
 * Where an in-process call acts, and as whom. Left out: the account and region of the calling operation, as the calling
 * service itself (its principal is what a trust policy sees), never as the person whose request it is serving.
 */
export interface CallScope {
  readonly account?: string;
  readonly region?: string;
  /** Acts as this role's session, in the role's account. The trust policy isn't asked: send an AssumeRoleCommand for that. */
  readonly roleArn?: string;
  /** For what the calling service acts: `aws:SourceArn` in the policy of the resource it reaches. */
  readonly sourceArn?: string;
  /** Goes on with this trace: the value of an `X-Amzn-Trace-Id` header. */
  readonly traceHeader?: string | undefined;
}

/** The part of an SDK command that an in-process call needs; every `XyzCommand` of `@aws-sdk/client-*` is one. */
export interface AnyCommand<Input extends object, Output extends object> {
  readonly input: Input;
  resolveMiddleware(...args: never[]): (args: never) => Promise<{ output: Output }>;
}

/**
 * Calls another AWS service of this sandbox, in process, as that service's own operation: the only way in which one
 * service reaches another, so that what the sandbox does inside is what a client could have asked for.
 *
 * `const { Item } = await send(new GetItemCommand({ … }), { account: "222222222222" })`
 *
 * Input and output are the SDK's types, but for streams: a blob body is given as a `Uint8Array` or text, and returned as
 * a `Uint8Array` that also has the SDK's `transformToByteArray` and `transformToString`.
 * Raises `AwsError` as the operation does.
 */
export type Send = <Input extends object, Output extends object>(
  command: AnyCommand<Input, Output>,
  scope?: CallScope,
) => Promise<Output>;

/** Time as the sandbox sees it. Tests advance it; nothing in the sandbox reads the machine's clock for anything else. */
export interface SandboxClock {
  /**
   * True in *realistic* mode: what AWS delays is delayed here too (a metric arrives a minute late, a log line seconds
   * late, a role is known a while after it was made). False: everything is there at once.
   */
  readonly isRealistic: boolean;
  now(): Date;
  /** Resolves after `ms` of sandbox time, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Randomness as a parameter, so that a test can repeat a run. */
export interface RandomSource {
  uuid(): string;
  /** `length` lower-case hexadecimal digits. */
  hex(length: number): string;
  /** `length` characters of A-Z and 0-9, as AWS's physical ids end. */
  token(length: number): string;
}

/** What happens inside the sandbox that no AWS operation announces. */
export interface Signals {
  emit(signal: SandboxSignal): void;
  /** Returns the function that ends the subscription. */
  on<T extends SandboxSignal["type"]>(
    type: T,
    listener: (signal: Extract<SandboxSignal, { type: T }>) => void,
  ): () => void;
}

/**
 * Every signal by its type. A service that announces something of its own adds it where it is defined:
 * `declare module "../../core/context.ts" { interface SandboxSignals { "x.y": { type: "x.y"; … } } }`
 * @public
 */
export interface SandboxSignals {
  "github.push": {
    type: "github.push";
    /** `acme/orders` */
    repository: string;
    /** `refs/heads/main` */
    ref: string;
    before: string;
    after: string;
    /** Login of who authenticated the push. */
    pusher: string;
  };
}

export type SandboxSignal = SandboxSignals[keyof SandboxSignals];

/** Addresses and folders of the running sandbox, for what must reach it from a child process. */
export interface Surroundings {
  /** `http://127.0.0.1:4566`: every AWS API. */
  readonly awsUrl: string;
  /** `http://127.0.0.1:4567`: HTTP APIs, at `<gatewayUrl>/<api id>`. */
  readonly gatewayUrl: string;
  /** `http://127.0.0.1:4568`: GitHub's REST API and git over HTTP. */
  readonly githubUrl: string;
  /** `http://127.0.0.1:4569`: the OpenID Connect issuer. */
  readonly oidcUrl: string;
  /** `127.0.0.1:2000`: the X-Ray daemon's UDP address. */
  readonly xrayDaemonAddress: string;
  /** Where this sandbox keeps everything. A service writes below `<dataDir>/<service>` only. */
  readonly dataDir: string;
  /** What goes wrong on demand: asked by the ports for each request, and by whatever sends events on. */
  readonly faults: Pick<Faults, "around" | "copiesOf">;
  /** Bare repository of `owner/name`, or undefined when there is none. */
  gitDirectory(repository: string): string | undefined;
  /**
   * Temporary credentials of a role, for a child process that acts as it; 12 hours where no duration is given. Neither
   * the role's existence nor its trust policy is checked here: a service that should ask sends an AssumeRoleCommand.
   */
  credentialsFor(
    roleArn: string,
    sessionName: string,
    options?: {
      durationMs?: number;
      sourceIdentity?: string | undefined;
      /** Documents that limit the session further. */
      policies?: readonly string[] | undefined;
      tags?: Readonly<Record<string, string>> | undefined;
      transitiveTagKeys?: readonly string[] | undefined;
    },
  ): { accessKeyId: string; secretAccessKey: string; sessionToken: string; expiration: Date };
  /** Access keys of IAM users, for the service that keeps users. */
  readonly userKeys: UserKeys;
  /**
   * Environment for a child process: PATH (Node of this process first), LANG, TZ, a HOME of its own, and, by name,
   * the proxy, CA and npm registry settings of the machine. Nothing else of the sandbox's own environment.
   */
  childEnvironment(home: string): Record<string, string>;
}

/** What a service has at hand outside a request: at start, in timers and in background work. */
export interface ServiceRuntime {
  readonly clock: SandboxClock;
  readonly random: RandomSource;
  readonly signals: Signals;
  readonly surroundings: Surroundings;
  readonly log: (event: string, fields: object) => void;
  /** The service's own rows of one account and region; `("", "")` holds what belongs to no account. */
  storeOf(account: string, region: string): Store;
  /** Every account and region in which this service has rows. */
  scopes(): { account: string; region: string }[];
  /** Acts in `account` and `region`, as the service itself. */
  contextFor(account: string, region: string): Context;
}

/** What an operation is given. It knows no HTTP. */
export interface Context extends Omit<ServiceRuntime, "storeOf" | "scopes" | "contextFor"> {
  readonly account: string;
  readonly region: string;
  readonly caller: Caller;
  readonly requestId: string;
  /** True when another service of the sandbox calls, false for a signed request from outside. */
  readonly internal: boolean;
  /**
   * Aborted when the client of a signed request hangs up (a long poll must not hand a message to nobody), and once the
   * request is answered. Not for work that goes on afterwards.
   */
  readonly signal: AbortSignal;
  /** `X-Amzn-Trace-Id` of the request; no SDK shape carries it, yet callers hand their trace on in it. */
  readonly traceHeader?: string | undefined;
  readonly store: Store;
  /** For what belongs to a service as a whole, not to one account (bucket names, account-less tokens). */
  readonly globalStore: Store;
  readonly send: Send;
  /**
   * Raises the service's own AccessDenied, in AWS's words, unless the caller may: by its identity's policies, boundary and
   * session policies, and by the resource's own policy. A key of the account itself and a service that acts by itself
   * may everything of their own account. Operations of most services are asked about before they run (`core/authorization`).
   */
  authorize(need: Need): void;
  /** Roles and users of this sandbox; undefined where IAM isn't among its services. */
  readonly identities: IdentitySource | undefined;
  /** Shorthand for `store.collection(name)`. */
  collection<T>(name: string): Collection<T>;
  readonly runtime: ServiceRuntime;
}
