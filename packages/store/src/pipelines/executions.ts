import { isDeepStrictEqual } from "node:util";
import type { ExecutionStore, ObservedExecution } from "@turnpike/domain/pipelines";
import { revive, toJson } from "../database.ts";
import type { PrismaClient } from "../generated/client.ts";

export function createExecutionStore(prisma: PrismaClient): ExecutionStore {
  const executionOf = (row: { body: unknown }): ObservedExecution => {
    const execution = revive<ObservedExecution>(row.body);
    // JSON has no undefined: members that the type always has are put back.
    return { ...execution, commit: execution.commit, approval: execution.approval };
  };

  return {
    async save(execution) {
      const { id, service, status, startedAt } = execution;
      const body = toJson(execution);
      const known = await prisma.execution.findUnique({ where: { id }, select: { body: true } });
      if (known && isDeepStrictEqual(known.body, body)) return false;
      const row = { service, status, startedAt, body };
      await prisma.execution.upsert({ where: { id }, create: { id, ...row }, update: row });
      return true;
    },

    async get(service, executionId) {
      const row = await prisma.execution.findUnique({ where: { id: executionId } });
      return row && row.service === service ? executionOf(row) : undefined;
    },

    async list(service, limit) {
      const rows = await prisma.execution.findMany({ where: { service }, orderBy: { startedAt: "desc" }, take: limit });
      return rows.map(executionOf);
    },

    async latest(services) {
      const rows = await prisma.execution.findMany({
        where: { service: { in: [...services] } },
        orderBy: [{ service: "asc" }, { startedAt: "desc" }],
        distinct: ["service"],
      });
      return new Map(rows.map((row) => [row.service, executionOf(row)]));
    },
  };
}
