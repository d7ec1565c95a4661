import { type ServiceRequest, type ServiceStore, type StoredStep, stepKeys } from "@turnpike/domain/scaffolding";
import { audit } from "../audit.ts";
import { isUniqueViolation, toJson } from "../database.ts";
import type { PrismaClient, ServiceStep } from "../generated/client.ts";
import { addIntent } from "../platform/intents.ts";

/** The request is a person's words: only its one date is read as a date. */
function requestOf(row: { request: unknown; createdAt: Date }): ServiceRequest {
  return { ...(row.request as ServiceRequest), createdAt: row.createdAt };
}

function stepOf(row: ServiceStep): StoredStep {
  return {
    key: row.key as StoredStep["key"],
    status: row.status as StoredStep["status"],
    attempts: row.attempts,
    ...(row.detail !== null ? { detail: row.detail } : {}),
    ...(row.href !== null ? { href: row.href } : {}),
    ...(row.error !== null ? { error: row.error } : {}),
    ...(row.final ? { final: true } : {}),
    ...(row.startedAt ? { startedAt: row.startedAt } : {}),
    ...(row.finishedAt ? { finishedAt: row.finishedAt } : {}),
  };
}

export function createServiceStore(prisma: PrismaClient): ServiceStore {
  return {
    async reserve(request, intent) {
      try {
        await prisma.$transaction(async (queries) => {
          const at = request.createdAt;
          const intentId = await addIntent(queries, { ...intent, creates: true, at });
          const { name, id, owner } = request;
          await queries.service.create({
            data: { name, id, owner, intentId, createdAt: at, request: toJson(request) },
          });
          const { email: actor } = request.requestedBy;
          const detail = { template: request.template, owner };
          await audit(queries, { at, actor, action: "service.requested", resource: `service/${name}`, detail });
        });
        return true;
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        throw error;
      }
    },

    async adopt(request, { path, commit }) {
      const { name, id, owner, requestedBy, createdAt: at } = request;
      try {
        await prisma.$transaction(async (queries) => {
          const author = { name: requestedBy.email, email: requestedBy.email };
          const message = `Adopt ${name}`;
          const intentId = await addIntent(queries, {
            change: { path, content: undefined },
            message,
            author,
            creates: false,
            at,
          });
          await queries.intent.update({
            where: { id: intentId },
            data: { status: "committed", commit, committedAt: at },
          });
          await queries.service.create({
            data: { name, id, owner, intentId, createdAt: at, request: toJson(request) },
          });
          await audit(queries, {
            at,
            actor: requestedBy.email,
            action: "service.adopted",
            resource: `service/${name}`,
            detail: { commit, owner },
          });
        });
      } catch (error) {
        // Another worker was first, or the name is on record for another service, whose steps say so.
        if (!isUniqueViolation(error)) throw error;
      }
    },

    async find(name) {
      const row = await prisma.service.findUnique({ where: { name } });
      return row ? requestOf(row) : undefined;
    },

    async list() {
      return (await prisma.service.findMany({ orderBy: { name: "asc" } })).map(requestOf);
    },

    async unfinished() {
      const done = await prisma.serviceStep.groupBy({
        by: ["service"],
        where: { status: "done" },
        _count: { key: true },
        having: { key: { _count: { gte: stepKeys.length } } },
      });
      const ended = done.map(({ service }) => service);
      const rows = await prisma.service.findMany({
        where: { name: { notIn: ended }, steps: { none: { final: true } } },
        select: { name: true },
        orderBy: { createdAt: "asc" },
      });
      return rows.map(({ name }) => name);
    },

    async steps(name) {
      return (await prisma.serviceStep.findMany({ where: { service: name } })).map(stepOf);
    },

    async saveStep(name, step) {
      const row = {
        status: step.status,
        attempts: step.attempts,
        detail: step.detail ?? null,
        href: step.href ?? null,
        error: step.error ?? null,
        final: step.final ?? false,
        startedAt: step.startedAt ?? null,
        finishedAt: step.finishedAt ?? null,
      };
      const id = { service: name, key: step.key };
      await prisma.serviceStep.upsert({ where: { service_key: id }, create: { ...id, ...row }, update: row });
    },

    async decision(name) {
      const service = await prisma.service.findUnique({ where: { name }, select: { intentId: true } });
      const intent = service && (await prisma.intent.findUnique({ where: { id: service.intentId } }));
      if (!intent) return undefined;
      return {
        status: intent.status as "waiting" | "committed" | "conflict",
        ...(intent.commit ? { commit: intent.commit } : {}),
        ...(intent.error ? { error: intent.error } : {}),
      };
    },
  };
}
