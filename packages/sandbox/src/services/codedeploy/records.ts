import type {
  AlarmConfiguration,
  AutoRollbackConfiguration,
  DeploymentStyle,
  RevisionLocation,
  TimeRange,
} from "@aws-sdk/client-codedeploy";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Collection } from "../../core/store.ts";

export interface ApplicationRecord {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface GroupRecord {
  readonly id: string;
  readonly application: string;
  readonly name: string;
  readonly roleArn: string;
  readonly configName: string;
  readonly style: DeploymentStyle;
  readonly alarms: AlarmConfiguration | undefined;
  readonly autoRollback: AutoRollbackConfiguration | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** How traffic moves from one version to the next. */
export type TrafficRouting =
  | { readonly kind: "AllAtOnce" }
  | { readonly kind: "TimeBasedCanary" | "TimeBasedLinear"; readonly percent: number; readonly minutes: number };

export interface ConfigRecord {
  readonly id: string;
  readonly name: string;
  readonly routing: TrafficRouting;
  readonly createdAt: string;
}

/** What an AppSpec of a Lambda deployment says. */
export interface Target {
  readonly functionName: string;
  readonly alias: string;
  readonly currentVersion: string;
  readonly targetVersion: string;
  /** Functions, by lifecycle event. */
  readonly hooks: Readonly<Partial<Record<HookName, string>>>;
}

export type HookName = "BeforeAllowTraffic" | "AfterAllowTraffic";
export type LifecycleName = "BeforeAllowTraffic" | "AllowTraffic" | "AfterAllowTraffic";
type LifecycleStatus = "Pending" | "InProgress" | "Succeeded" | "Failed" | "Skipped";

export interface Lifecycle {
  readonly name: LifecycleName;
  readonly status: LifecycleStatus;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly message?: string;
}

/** A deployment, with all that its next step needs: after a restart it goes on from here. */
export interface DeploymentRecord {
  readonly id: string;
  readonly application: string;
  readonly group: string;
  readonly configName: string;
  readonly description: string | undefined;
  readonly revision: RevisionLocation;
  readonly target: Target;
  readonly status: "Created" | "InProgress" | "Succeeded" | "Failed" | "Stopped";
  readonly creator: "user" | "codeDeployRollback";
  readonly lifecycle: readonly Lifecycle[];
  /** Share of traffic, in percent, that goes to the target version now. */
  readonly percent: number;
  /** Shifts that are still to come. */
  readonly shifts: readonly { readonly atMs: number; readonly percent: number }[];
  /** The hook that is waited for. */
  readonly hook:
    | { readonly name: HookName; readonly executionId: string; readonly untilMs: number; readonly invoked: boolean }
    | undefined;
  readonly roleArn: string;
  /** Names; empty where the group has none, or switched them off. */
  readonly alarms: readonly string[];
  readonly alarmsMayBeUnreadable: boolean;
  /** Events after which the alias goes back, `DEPLOYMENT_FAILURE` and others. */
  readonly rollbackOn: readonly string[];
  readonly createdAt: string;
  readonly startedAt: string | undefined;
  readonly completedAt: string | undefined;
  readonly error: { readonly code: string; readonly message: string } | undefined;
  readonly rollback:
    | { readonly deploymentId?: string; readonly triggeredBy?: string; readonly message: string }
    | undefined;
}

type Stored = Pick<Context, "collection">;
export const applications = (from: Stored): Collection<ApplicationRecord> => from.collection("applications");
/** By `<application>/<name>`. */
export const groups = (from: Stored): Collection<GroupRecord> => from.collection("groups");
export const configs = (from: Stored): Collection<ConfigRecord> => from.collection("configs");
export const deployments = (from: Stored): Collection<DeploymentRecord> => from.collection("deployments");
/** Deployments that aren't over, and when to look at each again (sandbox time). */
export const agenda = (from: Stored): Collection<{ readonly dueAtMs: number }> => from.collection("agenda");

export const isOver = ({ status }: DeploymentRecord): boolean => status !== "Created" && status !== "InProgress";

export function requireApplication(context: Context, name: string | undefined): ApplicationRecord {
  if (!name) throw new AwsError("ApplicationNameRequiredException", "The application name is required.");
  const found = applications(context).get(name);
  if (found) return found;
  const message = `No application found for name: ${name}`;
  throw new AwsError("ApplicationDoesNotExistException", message);
}

export function requireGroup(context: Context, application: string, name: string | undefined): GroupRecord {
  if (!name) throw new AwsError("DeploymentGroupNameRequiredException", "The deployment group name is required.");
  const found = groups(context).get(`${application}/${name}`);
  if (found) return found;
  throw new AwsError("DeploymentGroupDoesNotExistException", `No Deployment Group found for name: ${name}`);
}

export function requireDeployment(context: Stored, id: string | undefined): DeploymentRecord {
  if (!id) throw new AwsError("DeploymentIdRequiredException", "The deployment ID is required.");
  const found = deployments(context).get(id);
  if (found) return found;
  throw new AwsError("DeploymentDoesNotExistException", `The deployment ${id} could not be found`);
}

/** `arn:aws:codedeploy:eu-west-1:222222222222:deploymentgroup:orders/live` */
export const arnOf = ({ account, region }: { account: string; region: string }, resource: string): string =>
  `arn:aws:codedeploy:${region}:${account}:${resource}`;

export function unsupported(what: string): AwsError {
  return new AwsError("NotImplemented", `sandbox: CodeDeploy ${what} is not implemented`, { status: 501 });
}

export const timeRangeHolds = (at: string, range: TimeRange | undefined): boolean =>
  (range?.start === undefined || Date.parse(at) >= range.start.getTime()) &&
  (range?.end === undefined || Date.parse(at) <= range.end.getTime());
