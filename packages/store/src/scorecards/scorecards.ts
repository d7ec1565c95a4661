import type { FixRequest, FixView, Judged, ScorecardStore } from "@turnpike/domain/scorecards";
import { audit } from "../audit.ts";
import { isUniqueViolation, toJson } from "../database.ts";
import type { Fix, PrismaClient, Scorecard } from "../generated/client.ts";
import { addIntent } from "../platform/intents.ts";

const MAX_FIXES = 50;

const judgedOf = ({ rules, problem, ...row }: Scorecard): Judged => ({
  ...row,
  problem: problem ?? undefined,
  rules: rules as unknown as Judged["rules"],
});

const requestOf = (row: Fix): FixRequest => ({
  id: row.id,
  name: row.name,
  rule: row.rule,
  base: row.base,
  requestedBy: {
    email: row.requestedByEmail,
    name: row.requestedByName,
    ...(row.requestedByLogin ? { github: row.requestedByLogin } : {}),
  },
  requestedAt: row.requestedAt,
});

const viewOf = (row: Fix): FixView => ({
  rule: row.rule,
  base: row.base,
  status: row.status as FixView["status"],
  requestedBy: row.requestedByName,
  requestedAt: row.requestedAt,
  url: row.url ?? undefined,
  error: row.error ?? undefined,
});

export function createScorecardStore(prisma: PrismaClient): ScorecardStore {
  return {
    async save({ name, commit, basis, judgedAt, problem, rules }) {
      const row = { basis, judgedAt, problem: problem ?? null, rules: toJson(rules) };
      await prisma.scorecard.upsert({
        where: { name_commit: { name, commit } },
        create: { name, commit, ...row },
        update: row,
      });
    },

    async latest(name) {
      const row = await prisma.scorecard.findFirst({ where: { name }, orderBy: { judgedAt: "desc" } });
      return row ? judgedOf(row) : undefined;
    },

    async bases() {
      const rows = await prisma.scorecard.findMany({
        distinct: ["name"],
        orderBy: [{ name: "asc" }, { judgedAt: "desc" }],
        select: { name: true, basis: true },
      });
      return new Map(rows.map(({ name, basis }) => [name, basis]));
    },

    async latestOfAll() {
      const rows = await prisma.scorecard.findMany({
        distinct: ["name"],
        orderBy: [{ name: "asc" }, { judgedAt: "desc" }],
      });
      return rows.map(judgedOf);
    },

    async history(name, limit) {
      const rows = await prisma.scorecard.findMany({ where: { name }, orderBy: { judgedAt: "desc" }, take: limit });
      return rows.map(judgedOf);
    },

    async requestFix({ id, name, rule, base, requestedBy, requestedAt: at }) {
      try {
        await prisma.$transaction(async (queries) => {
          await queries.fix.create({
            data: {
              ...{ id, name, rule, base, requestedAt: at },
              requestedByEmail: requestedBy.email,
              requestedByName: requestedBy.name,
              requestedByLogin: requestedBy.github ?? null,
            },
          });
          const detail = { rule, base };
          await audit(queries, {
            at,
            actor: requestedBy.email,
            action: "fix.requested",
            resource: `scorecard/${name}`,
            detail,
          });
        });
        return true;
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        throw error;
      }
    },

    async waitingFixes() {
      const rows = await prisma.fix.findMany({ where: { status: "waiting" }, orderBy: { requestedAt: "asc" } });
      return rows.map(requestOf);
    },

    async fixOpened(id, { commit, url }) {
      await prisma.fix.update({ where: { id }, data: { status: "opened", commit, url } });
    },

    async fixFailed(id, error) {
      await prisma.fix.update({ where: { id }, data: { status: "failed", error } });
    },

    async fixes(name) {
      const rows = await prisma.fix.findMany({ where: { name }, orderBy: { requestedAt: "desc" }, take: MAX_FIXES });
      return rows.map(viewOf);
    },

    async requesterOf(name, commit) {
      const row = await prisma.fix.findFirst({ where: { name, commit } });
      return row ? (row.requestedByLogin ?? row.requestedByEmail) : undefined;
    },

    async importRepository({ name, owner, at, intent }) {
      await prisma.$transaction(async (queries) => {
        await addIntent(queries, { ...intent, creates: true, at });
        await audit(queries, {
          at,
          actor: intent.author.email,
          action: "repository.imported",
          resource: `repository/${name}`,
          detail: { owner },
        });
      });
    },
  };
}
