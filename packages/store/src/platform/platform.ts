import { type AnyDocument, type PlatformStore, releasePath, type StoredDocument } from "@turnpike/domain/platform";
import { toJson } from "../database.ts";
import type { PrismaClient } from "../generated/client.ts";

/** Unique among its kind. A release's own name isn't: `a-b` in `c` and `a` in `b-c` are both called `a-b-c`. */
function nameOf({ kind, metadata, spec }: AnyDocument): string {
  return kind === "Release" ? releasePath(spec) : metadata.name;
}

export function createPlatformStore(prisma: PrismaClient): PlatformStore {
  const stored = <D extends AnyDocument>(row: { path: string; commit: string; body: unknown }): StoredDocument<D> => ({
    path: row.path,
    commit: row.commit,
    document: row.body as D,
  });

  return {
    async head() {
      return (await prisma.platformHead.findUnique({ where: { id: 1 } }))?.commit;
    },

    async apply({ head, at, valid, removed, problems }) {
      await prisma.$transaction(async (queries) => {
        const touched = [...valid.map(({ path }) => path), ...removed, ...problems.map(({ path }) => path)];
        await queries.platformProblem.deleteMany({ where: { path: { in: touched } } });
        await queries.platformDocument.deleteMany({ where: { path: { in: [...removed] } } });
        for (const { path, document } of valid) {
          const row = { kind: document.kind, name: nameOf(document), body: toJson(document), commit: head };
          await queries.platformDocument.upsert({ where: { path }, create: { path, ...row }, update: row });
        }
        // One row a document: the first problem is where its author starts.
        const first = new Map(problems.toReversed().map((problem) => [problem.path, problem]));
        for (const { path, line, message } of first.values()) {
          await queries.platformProblem.create({ data: { path, line: line ?? null, message, commit: head } });
        }
        const row = { commit: head, readAt: at };
        await queries.platformHead.upsert({ where: { id: 1 }, create: { id: 1, ...row }, update: row });
      });
    },

    async find(kind, name) {
      const row = await prisma.platformDocument.findUnique({ where: { kind_name: { kind, name } } });
      return row ? stored(row) : undefined;
    },

    async list(kind) {
      const rows = await prisma.platformDocument.findMany({ where: { kind }, orderBy: { name: "asc" } });
      return rows.map((row) => stored(row));
    },

    async problems() {
      const rows = await prisma.platformProblem.findMany({ orderBy: { path: "asc" } });
      return rows.map((row) => ({ ...row, line: row.line ?? undefined }));
    },
  };
}
