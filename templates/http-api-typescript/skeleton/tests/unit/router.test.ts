import assert from "node:assert/strict";
import { test } from "node:test";
import { dispatch, routes } from "../../src/router.ts";

const table = routes({ name: "a-service", environment: "test" });

test("the root names the service and its environment", async () => {
  const answer = await dispatch(table, "GET /", {});
  assert.deepEqual(answer, { status: 200, body: { service: "a-service", environment: "test" } });
});

test("a caller is greeted by name", async () => {
  assert.deepEqual((await dispatch(table, "GET /hello/{name}", { name: "Ada" })).body, { message: "Hello, Ada" });
});

test("a name that is empty or too long is refused", async () => {
  for (const name of ["", "  ", "x".repeat(51)]) {
    assert.equal((await dispatch(table, "GET /hello/{name}", { name })).status, 400);
  }
});

test("a route that isn't there answers 404", async () => {
  assert.equal((await dispatch(table, "GET /nothing", {})).status, 404);
});
