import { getService } from "@turnpike/domain/catalog";
import { notFound } from "next/navigation";
import { cache } from "react";
import { pageActor } from "../server/actor.ts";
import { container } from "../server/deps.ts";
import { load } from "../server/load.ts";

/** The service that layout and page show: read once for both. */
export const readService = cache(async (name: string) => {
  const actor = await pageActor();
  const deps = await container();
  const loaded = await load(() => getService(deps, actor, name));
  if (!loaded.ok) return loaded;
  return loaded.value ? { ok: true as const, value: loaded.value } : notFound();
});
