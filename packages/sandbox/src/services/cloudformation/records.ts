import type {
  ChangeSetStatus,
  ExecutionStatus,
  ResourceStatus,
  StackDriftStatus,
  StackResourceDriftStatus,
  StackStatus,
} from "@aws-sdk/client-cloudformation";
import type { JsonObject, ResourceChange } from "@turnpike/cloudformation";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Store } from "../../core/store.ts";

/** A template as it was given. `name` stands before the line in messages: `TemplateBody`, or the object's key. */
export interface TemplateSource {
  readonly text: string;
  readonly name: string;
}

/** What a stack is made from; a stack has one as deployed, its operation one to deploy. */
export interface Definition {
  readonly template: TemplateSource;
  readonly parameters: Readonly<Record<string, string>>;
  /** Of parameters whose value Parameter Store has: that value, as it was when the operation was asked for. */
  readonly resolved?: Readonly<Record<string, string>> | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly capabilities: readonly string[];
  readonly roleArn: string | undefined;
  readonly notificationArns: readonly string[];
  readonly description: string | undefined;
}

/** Which part of an operation is under way; written before the part begins, so that a new start goes on with it. */
export type Phase = "deploy" | "rollback" | "cleanup" | "rollback-cleanup" | "delete";

export interface OperationRecord {
  readonly id: string;
  readonly kind: "create" | "update" | "delete";
  readonly phase: Phase;
  readonly definition: Definition;
  readonly onFailure: "ROLLBACK" | "DO_NOTHING" | "DELETE";
  /** Logical ids that a DeleteStack keeps. */
  readonly retain: readonly string[];
  readonly changeSetId: string | undefined;
  readonly token: string | undefined;
  /** Whoever asked is a role's session and gave no role: CloudFormation acts as that role. */
  readonly actsAs?: string | undefined;
  /** Somebody asked to end it: nothing new begins, and it is rolled back (or, a creation, deleted). */
  readonly isCancelled?: boolean | undefined;
  /** Logical ids that a continued rollback leaves as they are. */
  readonly skipped?: readonly string[] | undefined;
  /** In place of the stack's own policy, for this update alone. */
  readonly stackPolicy?: string | undefined;
  /** How often a person had it go on after it got stuck. */
  readonly attempt?: number | undefined;
  /** FORCE_DELETE_STACK: what can't be deleted is left behind. */
  readonly isForced?: boolean | undefined;
}

export interface StackRecord {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly updatedAt?: string | undefined;
  readonly deletedAt?: string | undefined;
  readonly status: StackStatus;
  readonly statusReason?: string | undefined;
  /** As last deployed with success. */
  readonly deployed?: Definition | undefined;
  /** Shown of a stack that isn't deployed yet. */
  readonly definition: Definition;
  readonly outputs: readonly StackOutput[];
  readonly changeSetId?: string | undefined;
  readonly disableRollback: boolean;
  readonly terminationProtection: boolean;
  readonly timeoutMinutes?: number | undefined;
  readonly operation?: OperationRecord | undefined;
  /** The operation that failed and wasn't rolled back, or not to its end: what a later rollback goes on with. */
  readonly failedOperation?: OperationRecord | undefined;
  readonly stackPolicy?: string | undefined;
  /** Names of other stacks' exports that the template as deployed uses. */
  readonly imports?: readonly string[] | undefined;
  readonly drift?: { readonly status: StackDriftStatus; readonly at: string } | undefined;
}

export interface StackOutput {
  readonly key: string;
  readonly value: string;
  readonly description: string | undefined;
  readonly exportName: string | undefined;
}

/** A physical resource: what is needed to use, change and delete it. */
export interface PhysicalResource {
  readonly physicalId: string;
  readonly properties: JsonObject;
  readonly attributes: JsonObject;
  readonly tags: Readonly<Record<string, string>>;
  /** End of the names that are made up for it. */
  readonly nameToken: string;
  /** Logical ids that must be deleted after it. */
  readonly dependsOn: readonly string[];
  readonly deletionPolicy: string | undefined;
}

export interface ResourceRecord extends Omit<PhysicalResource, "physicalId"> {
  readonly logicalId: string;
  readonly type: string;
  /** Undefined until the service has made it. */
  readonly physicalId: string | undefined;
  readonly status: ResourceStatus;
  readonly statusReason: string | undefined;
  readonly at: string;
  /** The operation that looked at it last. */
  readonly operationId: string;
  /** What that operation does to it; `none` when it is as it should be. */
  readonly step: "create" | "update" | "replace" | "none";
  /** As it was before that operation changed it; with `replace` it still exists beside the new one. */
  readonly previous: PhysicalResource | undefined;
  /** As the last drift detection found it. */
  readonly drift?: ResourceDrift | undefined;
}

interface ResourceDrift {
  readonly status: StackResourceDriftStatus;
  readonly at: string;
  readonly expected: JsonObject;
  readonly actual: JsonObject | undefined;
}

export interface ChangeSetRecord {
  readonly id: string;
  readonly name: string;
  readonly stackId: string;
  readonly stackName: string;
  readonly type: "CREATE" | "UPDATE";
  readonly createdAt: string;
  readonly description: string | undefined;
  readonly definition: Definition;
  readonly onFailure: OperationRecord["onFailure"];
  readonly status: ChangeSetStatus;
  readonly statusReason: string | undefined;
  readonly executionStatus: ExecutionStatus;
  /** As DescribeChangeSet shows them, and, `precise`, with IncludePropertyValues. */
  readonly changes: readonly ResourceChange[];
  readonly preciseChanges: readonly ResourceChange[];
}

export interface EventRecord {
  readonly id: string;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: ResourceStatus;
  readonly reason: string | undefined;
  readonly at: string;
  readonly properties: string | undefined;
  readonly token: string | undefined;
}

/** By stack id. */
export const stacksOf = (store: Store) => store.collection<StackRecord>("stacks");
/** Stack id by name, of stacks that aren't deleted. */
export const namesOf = (store: Store) => store.collection<string>("names");
/** By `<stack's uuid>/<logical id>`. */
export const resourcesOf = (store: Store) => store.collection<ResourceRecord>("resources");
/** By `<stack's uuid>/<change set id>`, so that a stack's are found without reading all others'. */
const changeSetsOf = (store: Store) => store.collection<ChangeSetRecord>("change-sets");
/** Stack id by change set id. */
const changeSetStacksOf = (store: Store) => store.collection<string>("change-set-stacks");
/** By `<stack's uuid>/<number>`, oldest first. */
export const eventsOf = (store: Store) => store.collection<EventRecord>("events");
/** `<operation>:<ClientRequestToken>` → the answer that was given. */
export const tokensOf = (store: Store) => store.collection<{ input: string; stackId: string }>("tokens");

/** The part of a stack's ARN that tells two stacks of one name apart. */
export const uuidOf = (stackId: string) => stackId.split("/").at(-1) ?? stackId;
export const resourceKey = (stackId: string, logicalId: string) => `${uuidOf(stackId)}/${logicalId}`;

export function validationError(message: string): AwsError {
  return new AwsError("ValidationError", message, { status: 400 });
}

/** The stack of a name or an id; deleted ones are found by id alone. */
export function findStack(context: Context, nameOrId: string | undefined): StackRecord | undefined {
  if (nameOrId === undefined) return undefined;
  const id = nameOrId.startsWith("arn:") ? nameOrId : namesOf(context.store).get(nameOrId);
  return id === undefined ? undefined : stacksOf(context.store).get(id);
}

export function resourcesOfStack(store: Store, stackId: string): ResourceRecord[] {
  return resourcesOf(store)
    .list(`${uuidOf(stackId)}/`)
    .map(({ value }) => value);
}

/** Whether the record's resource exists now. */
export function isThere(record: ResourceRecord): record is ResourceRecord & { physicalId: string } {
  return record.physicalId !== undefined && record.status !== "DELETE_COMPLETE" && record.status !== "DELETE_SKIPPED";
}

const changeSetKey = (stackId: string, id: string) => `${uuidOf(stackId)}/${id}`;

export function putChangeSet(store: Store, record: ChangeSetRecord): void {
  store.transaction(() => {
    changeSetsOf(store).put(changeSetKey(record.stackId, record.id), record);
    changeSetStacksOf(store).put(record.id, record.stackId);
  });
}

export function getChangeSetById(store: Store, id: string): ChangeSetRecord | undefined {
  const stackId = changeSetStacksOf(store).get(id);
  return stackId === undefined ? undefined : changeSetsOf(store).get(changeSetKey(stackId, id));
}

export function deleteChangeSet(store: Store, record: ChangeSetRecord): void {
  store.transaction(() => {
    changeSetsOf(store).delete(changeSetKey(record.stackId, record.id));
    changeSetStacksOf(store).delete(record.id);
  });
}

export function changeSetsOfStack(store: Store, stackId: string): ChangeSetRecord[] {
  return changeSetsOf(store)
    .list(`${uuidOf(stackId)}/`)
    .map(({ value }) => value);
}
