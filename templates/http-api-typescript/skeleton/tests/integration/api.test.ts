import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createClient } from "../../client/index.ts";

// Every operation of openapi.yaml, asked of the deployed service.
// The address may end in a path of its own, behind which the API is: paths are put behind it, not in its place.
const base = (process.env.ENDPOINT ?? "").replace(/\/+$/, "");
const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${base}${path}`, { headers, signal: AbortSignal.timeout(10_000) });

describe("the deployed API", () => {
  test("GET / says which version of which service answers", async () => {
    const response = await get("/");
    assert.equal(response.status, 200);
    const info = (await response.json()) as Record<string, string>;
    assert.deepEqual(Object.keys(info).sort(), ["environment", "service", "version"]);
    // A version, not $LATEST: the API is wired to the alias.
    assert.match(info.version ?? "", /^\d+$/);
  });

  test("GET /health is ok, and carries the caller's correlation id", async () => {
    const response = await get("/health", { "x-correlation-id": "integration-test" });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("x-correlation-id"), "integration-test");
    assert.deepEqual(await response.json(), { status: "ok" });
  });

  test("GET /hello/{name} greets whoever asks by the client", async () => {
    assert.deepEqual(await createClient({ baseUrl: base }).sayHello({ name: "Zoë" }), { message: "Hello, Zoë!" });
  });

  test("GET /hello/{name} refuses what is no name", async () => {
    const response = await get(`/hello/${encodeURIComponent("<b>")}`);
    assert.equal(response.status, 400);
    assert.equal(((await response.json()) as { error: { code: string } }).error.code, "invalid-name");
  });

  test("a path that isn't there is answered with 404", async () => {
    assert.equal((await get("/nope")).status, 404);
  });
});
