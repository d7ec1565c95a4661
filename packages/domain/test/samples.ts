import { stringify } from "yaml";
import type { Actor, Role } from "../src/identity/index.ts";
import type { ObservedAction, ObservedExecution, RunStatus } from "../src/pipelines/index.ts";
import type { NewRelease } from "../src/releases/index.ts";
import type { ServiceRequest } from "../src/scaffolding/index.ts";

export const AT = new Date("2026-11-23T10:00:00Z");

export function person(login: string, role: Role = "developer", team = "payments"): Actor {
  return {
    issuer: "https://id.example.com",
    subject: login,
    email: `${login}@example.com`,
    name: login,
    githubLogins: [login],
    memberships: [{ team, role }],
  };
}

const document = (kind: string, name: string, spec: object) =>
  stringify({ apiVersion: "turnpike.dev/v1", kind, metadata: { name }, spec });

const account = (accountId: string, purpose: "tooling" | "workload") => ({
  ...{ accountId, region: "eu-west-1", purpose },
  ...(purpose === "tooling" ? { artifactBucket: "artifacts" } : {}),
});

/** The files of a small platform repository: one team, two environments, a tooling account. */
export const platformFiles: Readonly<Record<string, string>> = {
  "platform.yaml": document("Platform", "acme", {
    title: "Acme",
    organisation: "acme",
    environments: ["dev", "prod"],
    tooling: "tooling",
  }),
  "teams/payments.yaml": document("Team", "payments", {
    title: "Payments",
    members: [
      { email: "developer@example.com", github: "developer", role: "developer" },
      { email: "approver@example.com", github: "approver", role: "approver" },
    ],
  }),
  "accounts/tooling.yaml": document("Account", "tooling", account("111111111111", "tooling")),
  "accounts/dev.yaml": document("Account", "dev", account("222222222222", "workload")),
  "accounts/prod.yaml": document("Account", "prod", account("333333333333", "workload")),
};

export function serviceRequest(name: string, more: Partial<ServiceRequest> = {}): ServiceRequest {
  return {
    id: `svc_${name}`,
    name,
    owner: "payments",
    description: "Takes orders",
    template: "http-api@1.0.0",
    parameters: {},
    repository: `acme/${name}`,
    environments: ["dev", "prod"],
    requestedBy: { email: "developer@example.com", github: "developer" },
    createdAt: AT,
    ...more,
  };
}

/** `services/<name>.yaml` of such a request. */
export function serviceFile(name: string): string {
  const { id, owner, description, template, parameters, repository, environments, requestedBy } = serviceRequest(name);
  return document("Service", name, {
    id,
    owner,
    description,
    template,
    parameters,
    repository,
    environments,
    requestedBy,
  });
}

export function proposal(id: string, more: Partial<NewRelease> = {}): NewRelease {
  return {
    id: `rel_${id}`,
    service: "orders",
    owner: "payments",
    environment: "prod",
    executionId: `execution-${id}`,
    pipeline: "orders",
    approval: { stage: "Prod", action: "Approval", token: `token-${id}` },
    waitingSince: AT,
    fingerprint: "f".repeat(64),
    evidence: {
      commit: "c".repeat(40),
      title: "Take orders",
      artifactDigest: `sha256:${"a".repeat(64)}`,
      accountId: "333333333333",
      region: "eu-west-1",
      runningCommit: undefined,
      commits: [],
      contributors: ["developer"],
      changeSet: { arn: "arn:aws:cloudformation:eu-west-1:333333333333:changeSet/c/1", name: "c", stackName: "orders" },
      changes: [],
      tests: [],
    },
    ...more,
  };
}

const action = (name: string, kind: ObservedAction["kind"], status: RunStatus, error?: string): ObservedAction => ({
  name,
  kind,
  status,
  outputs: {},
  ...(error ? { error } : {}),
  ...(status === "succeeded" ? { endedAt: AT } : {}),
});

/** An execution that reached its Prod stage, with the states of its gate and of its deployment. */
export function execution(
  id: string,
  state: { status: RunStatus; approval?: RunStatus; deploy?: RunStatus; error?: string; startedAt?: Date },
): ObservedExecution {
  const { status, approval = "waiting-for-person", deploy = "waiting", error } = state;
  return {
    id,
    service: "orders",
    status,
    commit: { sha: "c".repeat(40), title: "Take orders", url: "https://github.com/acme/orders/commit/c" },
    trigger: "push",
    startedAt: state.startedAt ?? AT,
    stages: [
      {
        name: "Prod",
        status,
        groups: [
          [action("ChangeSet", "change-set", "succeeded")],
          [action("Approval", "approval", approval, approval === "failed" ? error : undefined)],
          [action("Deploy", "deploy", deploy, deploy === "failed" ? error : undefined)],
        ],
      },
    ],
    approval: undefined,
  };
}
