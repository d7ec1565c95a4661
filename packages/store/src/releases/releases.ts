import { releasePath } from "@turnpike/domain/platform";
import type { PlatformIntent, Release, ReleaseStatus, ReleaseStore } from "@turnpike/domain/releases";
import { audit } from "../audit.ts";
import { isUniqueViolation, type Queries, revive, toJson } from "../database.ts";
import type { PrismaClient, Release as Row } from "../generated/client.ts";
import { addIntent } from "../platform/intents.ts";

function releaseOf(row: Row): Release {
  const evidence = revive<Release["evidence"]>(row.evidence);
  return {
    id: row.id,
    service: row.service,
    owner: row.owner,
    environment: row.environment,
    status: row.status as ReleaseStatus,
    executionId: row.executionId,
    pipeline: row.pipeline,
    approval: row.approval as unknown as Release["approval"],
    waitingSince: row.waitingSince,
    evidence: { ...evidence, runningCommit: evidence.runningCommit },
    fingerprint: row.fingerprint,
    decisions: revive<Release["decisions"]>(row.decisions).map((decision) => ({
      ...decision,
      comment: decision.comment,
    })),
    outcome: row.outcomeAt ? { at: row.outcomeAt, reason: row.outcomeReason ?? undefined } : undefined,
  };
}

async function addDecision(queries: Queries, intent: PlatformIntent, at: Date): Promise<void> {
  await addIntent(queries, { ...intent, creates: false, at });
}

const filters = {
  open: { outcomeAt: null },
  waiting: { status: "waiting" },
  past: { status: { not: "waiting" } },
} as const;

export function createReleaseStore(prisma: PrismaClient): ReleaseStore {
  const find = (service: string, environment: string, executionId: string) =>
    prisma.release.findUnique({
      where: { service_environment_executionId: { service, environment, executionId } },
    });

  return {
    async propose(release) {
      const known = await find(release.service, release.environment, release.executionId);
      if (known) return { release: releaseOf(known), created: false };
      try {
        const row = await prisma.release.create({
          data: {
            ...release,
            status: "waiting",
            approval: toJson(release.approval),
            evidence: toJson(release.evidence),
          },
        });
        return { release: releaseOf(row), created: true };
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        // Another worker proposed it at the same moment.
        const row = await prisma.release.findUniqueOrThrow({
          where: {
            service_environment_executionId: {
              service: release.service,
              environment: release.environment,
              executionId: release.executionId,
            },
          },
        });
        return { release: releaseOf(row), created: false };
      }
    },

    async get(id) {
      const row = await prisma.release.findUnique({ where: { id } });
      return row ? releaseOf(row) : undefined;
    },

    async find(service, environment, executionId) {
      const row = await find(service, environment, executionId);
      return row ? releaseOf(row) : undefined;
    },

    async list({ service, owners, only, limit }) {
      const rows = await prisma.release.findMany({
        where: {
          ...(service ? { service } : {}),
          ...(owners ? { owner: { in: [...owners] } } : {}),
          ...(only ? filters[only] : {}),
        },
        orderBy: { waitingSince: "desc" },
        ...(limit ? { take: limit } : {}),
      });
      return rows.map(releaseOf);
    },

    async running(service, environment) {
      const row = await prisma.release.findFirst({
        where: { service, environment, status: "deployed" },
        orderBy: { outcomeAt: "desc" },
      });
      return row ? releaseOf(row) : undefined;
    },

    decide: ({ id, fingerprint, decision, status, intent }) =>
      prisma.$transaction(async (queries) => {
        // The row's lock makes the second of two people see the first one's decision.
        const [row] = await queries.$queryRaw<{ status: string; fingerprint: string; decisions: object[] }[]>`
          SELECT status, fingerprint, decisions FROM release WHERE id = ${id} FOR UPDATE`;
        if (row?.status !== "waiting" || row.fingerprint !== fingerprint) return false;
        await queries.release.update({
          where: { id },
          data: { status, decisions: [...row.decisions, toJson(decision)] },
        });
        await addDecision(queries, intent, decision.at);
        await audit(queries, {
          at: decision.at,
          actor: decision.by.email,
          action: `release.${decision.decision}`,
          resource: `release/${id}`,
          detail: { fingerprint, comment: decision.comment },
        });
        return true;
      }),

    move: ({ id, from, to, outcome, intent }) =>
      prisma.$transaction(async (queries) => {
        const { count } = await queries.release.updateMany({
          where: { id, status: { in: [...from] }, outcomeAt: null },
          data: { status: to, ...(outcome ? { outcomeAt: outcome.at, outcomeReason: outcome.reason ?? null } : {}) },
        });
        if (count === 0) return false;
        if (intent && outcome) await addDecision(queries, intent, outcome.at);
        return true;
      }),

    async isCommitted({ id, service, environment, fingerprint }) {
      const path = releasePath({ service, environment });
      const row = await prisma.platformDocument.findUnique({ where: { path } });
      const spec = (row?.body as { spec?: { id?: string; fingerprint?: string } } | undefined)?.spec;
      if (spec?.id === id && spec.fingerprint === fingerprint) return true;
      // The document may speak of a later candidate by now: then the commit of this decision is in its history.
      const where = { path, status: "committed", content: { contains: fingerprint } };
      return (await prisma.intent.count({ where })) > 0;
    },
  };
}
