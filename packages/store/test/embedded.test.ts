import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { startEmbeddedPostgres } from "../src/index.ts";
import { query, serverFolder } from "./postgres.ts";

test("the embedded server is attached to while it runs, and finds its data again after a stop and after a kill", async () => {
  const { folder, remove } = serverFolder();
  const first = await startEmbeddedPostgres(folder);
  onTestFinished(async () => {
    await first.stop();
    remove();
  });
  await query(first.url, "CREATE TABLE kept (id int)");

  const attached = await startEmbeddedPostgres(folder);
  expect(attached.url).toBe(first.url);

  await attached.stop();
  await expect(query(first.url, "SELECT 1")).rejects.toThrow();
  const second = await startEmbeddedPostgres(folder);
  expect(await query(second.url, "SELECT count(*)::int AS n FROM kept")).toEqual([{ n: 0 }]);

  const pid = Number(readFileSync(path.join(folder, "data", "postmaster.pid"), "utf8").split("\n")[0]);
  process.kill(pid, "SIGKILL");
  // For a moment the dying server's socket still takes connections.
  await vi.waitFor(() => expect(query(second.url, "SELECT 1")).rejects.toMatchObject({ code: "ECONNREFUSED" }), {
    timeout: 10_000,
  });
  const third = await startEmbeddedPostgres(folder);
  expect(await query(third.url, "SELECT count(*)::int AS n FROM kept")).toEqual([{ n: 0 }]);
});
