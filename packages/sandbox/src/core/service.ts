import type { Context, ServiceRuntime } from "./context.ts";
import type { IdentitySource } from "./identity.ts";

/** An SDK client module: `import * as sdk from "@aws-sdk/client-lambda"`. */
type SdkModule = Record<string, unknown>;

type CommandOf<Sdk, Name extends string> =
  Sdk extends Record<`${Name}Command`, abstract new (...args: never[]) => infer C> ? C : never;
type InputOfCommand<C> = C extends { readonly input: infer Input } ? Input : never;
type OutputOfCommand<C> = C extends {
  resolveMiddleware(...args: never[]): (args: never) => Promise<{ output: infer Output }>;
}
  ? Output
  : never;
/** What an operation of an SDK client module is given, and what it answers. */
export type InputOf<Sdk, Name extends string> = InputOfCommand<CommandOf<Sdk, Name>>;
export type OutputOf<Sdk, Name extends string> = OutputOfCommand<CommandOf<Sdk, Name>>;
/** Every operation of an SDK client module: `CreateQueue` for its `CreateQueueCommand`. */
export type OperationName<Sdk> = { [K in keyof Sdk]: K extends `${infer Name}Command` ? Name : never }[keyof Sdk] &
  string;

/** An answer without the SDK's own bookkeeping; a stream is a `Uint8Array`. */
type Answer<Output> = {
  [K in keyof Omit<Output, "$metadata">]: K extends "Body" | "Payload" ? Output[K] | Uint8Array : Output[K];
};

/** One operation of one service: typed by the SDK, free of HTTP. Raises `AwsError`. */
export type Operation<Sdk, Name extends OperationName<Sdk>> = (
  context: Context,
  input: InputOf<Sdk, Name>,
) => Answer<OutputOf<Sdk, Name>> | Promise<Answer<OutputOf<Sdk, Name>>>;

export type Operations<Sdk> = { [Name in OperationName<Sdk>]?: Operation<Sdk, Name> };

/** How well an operation's behaviour is known: checked against a recording, written from AWS's page, or guessed. */
export type Grade = "recorded" | "documented" | "guessed";

export interface ServiceDefinition {
  readonly sdk: SdkModule;
  /** The client class's name, `LambdaClient`; from it the wire layer learns protocol, service id and signing name. */
  readonly client: string;
  readonly operations: Readonly<Record<string, (context: Context, input: never) => unknown>>;
  /** Grade of every operation that is not `documented`. */
  readonly grades: Readonly<Record<string, Grade>>;
  readonly start: ((runtime: ServiceRuntime) => Running | Promise<Running>) | undefined;
  /** Of the service that keeps roles and users (IAM) alone: without it, everybody may everything of their account. */
  readonly identities: ((runtime: ServiceRuntime) => IdentitySource) | undefined;
  /**
   * The policy of one of its resources, by ARN: within an account it may let in whom identity policies don't. Left out:
   * the service has none, or asks by `Context.authorize` itself.
   */
  readonly policyOf: ((runtime: ServiceRuntime, arn: string) => string | undefined) | undefined;
}

/** Background work of a service. `stop` ends every child process and timer, and returns when they are gone. */
export interface Running {
  stop(): Promise<void>;
}

/**
 * Defines a service from its SDK client module and its operations. An operation that isn't listed answers 501 and
 * names itself.
 *
 * `export const sts = defineService({ sdk, client: "STSClient", operations: { AssumeRole: assumeRole } })`
 */
export function defineService<Sdk extends object>(definition: {
  sdk: Sdk;
  client: keyof Sdk & `${string}Client`;
  operations: Operations<Sdk>;
  grades?: Partial<Record<OperationName<Sdk>, Grade>>;
  start?: (runtime: ServiceRuntime) => Running | Promise<Running>;
  identities?: (runtime: ServiceRuntime) => IdentitySource;
  policyOf?: (runtime: ServiceRuntime, arn: string) => string | undefined;
}): ServiceDefinition {
  return {
    sdk: definition.sdk as SdkModule,
    client: definition.client,
    operations: definition.operations as ServiceDefinition["operations"],
    grades: (definition.grades ?? {}) as Record<string, Grade>,
    start: definition.start,
    identities: definition.identities,
    policyOf: definition.policyOf,
  };
}
