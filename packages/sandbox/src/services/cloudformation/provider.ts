import type { JsonObject } from "@turnpike/cloudformation";
import type { RandomSource, SandboxClock, Send } from "../../core/context.ts";
import type { PhysicalResource } from "./records.ts";
import type { Responses } from "./responses.ts";

/** What a resource provider is given for one resource. */
export interface ProviderCall {
  /** Acts in the stack's account and region, as the stack's role where it has one. */
  readonly send: Send;
  readonly clock: SandboxClock;
  readonly random: RandomSource;
  readonly account: string;
  readonly region: string;
  readonly stackName: string;
  readonly stackId: string;
  readonly type: string;
  readonly logicalId: string;
  /** With every function worked out. Numbers and booleans may have come as text. */
  readonly properties: JsonObject;
  /** The stack's tags under those of the resource (its `Tags`, as a map), and CloudFormation's own `aws:` tags. */
  readonly tags: Readonly<Record<string, string>>;
  /**
   * True when the sandbox died while this was under way: what is asked for may have been done. What carries a name
   * that was made up for this resource, or its `aws:cloudformation:…` tags, is then this resource.
   */
  readonly isRepeated: boolean;
  /** The physical id that a repeated creation had told of already. */
  readonly existing: string | undefined;
  /** `<stack>-<logical id>-<token>`, the same in each attempt; cut in the middle to `longest` characters. */
  name(longest: number): string;
  /** Aborted when the operation is cancelled, or the sandbox stops: what waits for long should end then. */
  readonly signal: AbortSignal;
  /** The resource's `UpdatePolicy`, with every function worked out. */
  readonly updatePolicy: JsonObject | undefined;
  /** Where a custom resource's answer is waited for. */
  readonly responses: Responses;
  /** Its `DeletionPolicy` (or `UpdateReplacePolicy`) is `Snapshot`: a deletion leaves a snapshot behind. */
  readonly wantsSnapshot: boolean;
  /** Tells the physical id as soon as it is known, so that a failure after it leaves nothing behind. */
  initiated(physicalId: string): void;
}

export interface Made {
  /** What `Ref` gives. */
  readonly physicalId: string;
  /** What `Fn::GetAtt` gives. */
  readonly attributes: JsonObject;
}

/**
 * One resource type. Errors of the services go through as they are; the engine makes CloudFormation's reasons of them,
 * and takes "not found" while deleting for done.
 */
export interface Provider {
  readonly type: string;
  /** Names of the properties it understands; any other refuses the template by name. */
  readonly properties: readonly string[] | "any";
  readonly required: readonly string[];
  /** Whether the stack's tags are put on it. */
  readonly takesTags: boolean;
  create(call: ProviderCall): Promise<Made>;
  /** Left out where every property is create-only. */
  update?(call: ProviderCall, current: PhysicalResource): Promise<Made>;
  remove(call: ProviderCall, current: PhysicalResource): Promise<void>;
  /**
   * The properties that it really has, of those given: what drift detection compares. Undefined when it isn't there any
   * more; left out where drift can't be told.
   */
  read?(call: ProviderCall, current: PhysicalResource): Promise<JsonObject | undefined>;
}

export function defineProvider(provider: Provider): Provider {
  return provider;
}
