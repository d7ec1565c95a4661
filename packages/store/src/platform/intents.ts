import type { FileChange, Intent, IntentStore } from "@turnpike/domain/platform";
import { newId } from "@turnpike/kernel";
import type { Queries } from "../database.ts";
import type { PrismaClient } from "../generated/client.ts";

/** Stores an intent, inside the transaction of the decision that it comes from; returns its id. */
export async function addIntent(
  queries: Queries,
  intent: { change: FileChange; message: string; author: { name: string; email: string }; creates: boolean; at: Date },
): Promise<string> {
  const id = newId("intent", intent.at);
  await queries.intent.create({
    data: {
      id,
      path: intent.change.path,
      content: intent.change.content ?? null,
      message: intent.message,
      authorName: intent.author.name,
      authorEmail: intent.author.email,
      creates: intent.creates,
      createdAt: intent.at,
    },
  });
  return id;
}

export function createIntentStore(prisma: PrismaClient): IntentStore {
  return {
    async waiting(limit) {
      const rows = await prisma.intent.findMany({
        where: { status: "waiting" },
        orderBy: { sequence: "asc" },
        take: limit,
      });
      return rows.map(
        (row): Intent => ({
          id: row.id,
          change: { path: row.path, content: row.content ?? undefined },
          message: row.message,
          author: { name: row.authorName, email: row.authorEmail },
          creates: row.creates,
          createdAt: row.createdAt,
        }),
      );
    },

    async committed(results, at) {
      await prisma.$transaction(
        results.map(({ id, commit }) =>
          prisma.intent.update({ where: { id }, data: { status: "committed", commit, committedAt: at } }),
        ),
      );
    },

    async conflicting(id, reason) {
      await prisma.intent.update({ where: { id }, data: { status: "conflict", error: reason } });
    },
  };
}
