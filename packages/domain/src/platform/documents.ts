import { z } from "zod";
import { rules } from "../standards/index.ts";

/**
 * The documents of the platform repository, `apiVersion: turnpike.dev/v1`. What should exist is what they say; the
 * database is only a copy.
 */
const apiVersion = z.literal("turnpike.dev/v1");
const name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/);
const email = z.email();
const githubLogin = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,38}(\[bot\])?$/);
const sha = z.string().regex(/^[0-9a-f]{40}$/);
const arn = z.string().startsWith("arn:");
const accountId = z.string().regex(/^\d{12}$/);

const document = <Kind extends string, Spec extends z.ZodType>(kind: Kind, spec: Spec) =>
  z.strictObject({ apiVersion, kind: z.literal(kind), metadata: z.strictObject({ name }), spec });

export const platformDocument = document(
  "Platform",
  z.strictObject({
    title: z.string(),
    /** The GitHub organisation in which services' repositories are made. */
    organisation: z.string(),
    /** Accounts, by name, in the order of promotion. */
    environments: z.array(name).min(1),
    tooling: name,
  }),
);

export const teamDocument = document(
  "Team",
  z.strictObject({
    title: z.string(),
    members: z.array(
      z.strictObject({ email, github: githubLogin, role: z.enum(["viewer", "developer", "approver", "admin"]) }),
    ),
  }),
);

export const accountDocument = document(
  "Account",
  z.strictObject({
    accountId,
    region: z.string(),
    purpose: z.enum(["tooling", "workload"]),
    /** Assumed by Turnpike with the platform's external id. */
    readerRoleArn: arn.optional(),
    pipelineActionRoleArn: arn.optional(),
    cloudFormationExecutionRoleArn: arn.optional(),
    /** Of a tooling account alone. */
    artifactBucket: z.string().optional(),
    kmsKeyArn: arn.optional(),
    connectionArn: arn.optional(),
    eventQueueUrl: z.url().optional(),
    pipelineRoleArn: arn.optional(),
    buildRoleArn: arn.optional(),
    verifyRoleArn: arn.optional(),
    integrationRoleArn: arn.optional(),
  }),
);

export const serviceDocument = document(
  "Service",
  z.strictObject({
    /** `svc_…`: the marker that every object made for this service carries. */
    id: z.string().startsWith("svc_"),
    owner: name,
    description: z.string().max(200),
    template: z.string().regex(/^[a-z0-9-]+@\d+\.\d+\.\d+$/),
    parameters: z.record(z.string(), z.unknown()),
    /** `acme/orders` */
    repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
    environments: z.array(name).min(1),
    requestedBy: z.strictObject({ email, github: githubLogin.optional() }),
  }),
);

/** A repository that Turnpike didn't make and doesn't release: it is judged by the standards. */
export const repositoryDocument = document(
  "Repository",
  z.strictObject({
    /** `acme/legacy` */
    repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
    owner: name,
    branch: z
      .string()
      .max(200)
      .regex(/^(?!-)(?!.*(?:\.\.|\/\/|@\{|\.lock$))[^\s~^:?*[\\\p{Cc}]+$/u),
    /** Path of its template of SAM or CloudFormation; left out: looked for where it is by custom. */
    template: z
      .string()
      .max(500)
      .regex(/^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))[^\p{Cc}]+$/u)
      .exactOptional(),
    importedBy: z.strictObject({ email }),
  }),
);

const decision = z.strictObject({
  by: z.strictObject({ email, github: githubLogin.optional() }),
  at: z.iso.datetime(),
  decision: z.enum(["approve", "reject"]),
  comment: z.string().max(1000).optional(),
});

/** Where the platform repository says what was decided for an environment, and what runs there. */
export function releasePath({ service, environment }: { service: string; environment: string }): string {
  return `releases/${service}/${environment}.yaml`;
}

/** At `releasePath`: the decided candidate, and later its outcome. */
export const releaseDocument = document(
  "Release",
  z.strictObject({
    id: z.string().startsWith("rel_"),
    service: name,
    environment: name,
    commit: sha,
    artifactDigest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
    changeSetArn: arn,
    executionId: z.string(),
    fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
    decisions: z.array(decision).min(1),
    /** What ran in the environment when this was written: a rejected or failed candidate doesn't change it. */
    running: z
      .strictObject({
        commit: sha,
        artifactDigest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
        release: z.string().startsWith("rel_"),
      })
      .optional(),
    outcome: z
      .strictObject({
        status: z.enum(["deployed", "failed", "rejected", "expired", "stopped", "superseded"]),
        at: z.iso.datetime(),
        reason: z.string().optional(),
      })
      .optional(),
  }),
);

const isRule = (id: string) => rules.some((rule) => rule.id === id);
const noRule = (id: unknown) => `There is no rule ${String(id)}.`;
/** `SEC-5` */
const ruleId = z.string().refine(isRule, { error: ({ input }) => noRule(input) });

/** Which rules block, warn or are waived. What it doesn't name has the effect of its own. */
export const standardsDocument = document(
  "Standards",
  z.strictObject({
    effects: z
      .record(z.string(), z.enum(["block", "warn"]))
      .superRefine((effects, context) => {
        for (const id of Object.keys(effects)) {
          if (!isRule(id)) context.addIssue({ code: "custom", path: [id], message: noRule(id) });
        }
      })
      .default({}),
    waivers: z
      .array(
        z.strictObject({
          rule: ruleId,
          service: name,
          /** Logical id of the expanded template; left out: the whole service. */
          resource: z.string().min(1).exactOptional(),
          reason: z.string().trim().min(10).max(500),
          /** The last day on which it holds. */
          until: z.iso.date(),
        }),
      )
      .default([]),
  }),
);

export type PlatformDocument = z.infer<typeof platformDocument>;
export type TeamDocument = z.infer<typeof teamDocument>;
export type AccountDocument = z.infer<typeof accountDocument>;
export type ServiceDocument = z.infer<typeof serviceDocument>;
export type ReleaseDocument = z.infer<typeof releaseDocument>;
export type RepositoryDocument = z.infer<typeof repositoryDocument>;
type StandardsDocument = z.infer<typeof standardsDocument>;
export type AnyDocument =
  | PlatformDocument
  | TeamDocument
  | AccountDocument
  | ServiceDocument
  | ReleaseDocument
  | RepositoryDocument
  | StandardsDocument;
