import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMemoryTemplates } from "../../test/memory-hosts.ts";
import { createMemoryStore, steppedClock } from "../../test/memory-store.ts";
import { person, platformFiles } from "../../test/samples.ts";
import { ForbiddenError } from "../identity/index.ts";
import { parseDocument } from "../platform/index.ts";
import { TemplateNotFoundError } from "./errors.ts";
import { previewService, requestService } from "./request-service.ts";
import type { NewService } from "./views.ts";

const wish: NewService = { template: "http-api", name: "orders", owner: "payments", description: "", parameters: {} };

async function setup() {
  const store = createMemoryStore();
  const valid = Object.entries(platformFiles).flatMap(([path, text]) => {
    const parsed = parseDocument(path, text);
    return parsed.kind === "valid" ? [{ path, document: parsed.document }] : [];
  });
  await store.platform.apply({ head: "1".repeat(40), at: new Date(0), valid, removed: [], problems: [] });
  const deps = { ...store, templates: createMemoryTemplates(), clock: steppedClock() };
  const nothingWritten = async () => (await store.services.list()).length + store.recordedIntents.length === 0;
  return { store, deps, nothingWritten };
}

describe("asking for a service", () => {
  test("an accepted wish is a document of the platform repository in its asker's name, and wakes the writer", async () => {
    const { store, deps } = await setup();
    const told: string[] = [];
    store.changes.subscribe((topic) => told.push(topic));
    expect(await requestService(deps, person("developer"), wish)).toEqual({ kind: "accepted", service: "orders" });
    const [intent] = store.recordedIntents;
    expect(intent).toMatchObject({ creates: true, author: { email: "developer@example.com" } });
    expect(intent?.change.path).toBe("services/orders.yaml");
    const parsed = parseDocument(intent?.change.path ?? "", intent?.change.content ?? "");
    expect(parsed).toMatchObject({
      kind: "valid",
      document: { spec: { owner: "payments", repository: "acme/orders", environments: ["dev", "prod"] } },
    });
    expect(told).toContain("intents");
  });

  test("of two people who ask for one name at once, one is accepted and the other told that it is taken", async () => {
    const { store, deps } = await setup();
    const results = await Promise.all(
      [person("developer"), person("approver", "approver")].map((actor) => requestService(deps, actor, wish)),
    );
    expect(results.map(({ kind }) => kind).sort()).toEqual(["accepted", "taken"]);
    expect(store.recordedIntents).toHaveLength(1);
  });

  test("a name that the platform repository has already is taken", async () => {
    const { store, deps } = await setup();
    await requestService(deps, person("developer"), wish);
    const { path, content = "" } = store.recordedIntents[0]?.change ?? { path: "" };
    const parsed = parseDocument(path, content);
    const fresh = await setup();
    if (parsed.kind === "invalid") throw new Error("the document is valid");
    const valid = [{ path, document: parsed.document }];
    await fresh.store.platform.apply({ head: "2".repeat(40), at: new Date(0), valid, removed: [], problems: [] });
    expect(await requestService(fresh.deps, person("developer"), wish)).toMatchObject({ kind: "taken" });
    expect(await fresh.nothingWritten()).toBe(true);
  });

  test("who may not create in the owning team writes nothing", async () => {
    const { deps, nothingWritten } = await setup();
    for (const actor of [person("viewer", "viewer"), person("stranger", "admin", "billing")]) {
      await expect(requestService(deps, actor, wish)).rejects.toThrow(ForbiddenError);
    }
    expect(await nothingWritten()).toBe(true);
  });

  test("an admin of the team platform may create for every team", async () => {
    const { deps } = await setup();
    const admin = person("admin", "admin", "platform");
    expect(await requestService(deps, admin, wish)).toMatchObject({ kind: "accepted" });
  });

  test("every field that is wrong is named at once, and nothing is written", async () => {
    const { deps, nothingWritten } = await setup();
    const wrong = { ...wish, name: "Orders", owner: "nobody", description: "two\nlines", parameters: { invalid: 1 } };
    const result = await requestService(deps, person("developer"), wrong);
    expect(result.kind === "invalid" && result.problems.map(({ field }) => field)).toEqual([
      "name",
      "owner",
      "description",
      "/invalid",
    ]);
    expect(await nothingWritten()).toBe(true);
  });

  test("a template that isn't there is named, and nothing is written", async () => {
    const { deps, nothingWritten } = await setup();
    const asked = requestService(deps, person("developer"), { ...wish, template: "none" });
    await expect(asked).rejects.toThrow(TemplateNotFoundError);
    expect(await nothingWritten()).toBe(true);
  });

  test("whatever the description and parameters are, the document that is committed says exactly them", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue({ maxDepth: 2 })),
        fc.string({ maxLength: 200 }).filter((text) => !/\p{Cc}/u.test(text)),
        async (parameters, description) => {
          // `__proto__` names no parameter: schemas read neither a template's nor a document's member of that name.
          fc.pre(!("invalid" in parameters) && !Object.hasOwn(parameters, "__proto__"));
          const { store, deps } = await setup();
          await requestService(deps, person("developer"), { ...wish, parameters, description });
          const { path, content = "" } = store.recordedIntents[0]?.change ?? { path: "" };
          const parsed = parseDocument(path, content);
          expect(parsed).toMatchObject({ kind: "valid" });
          const spec = parsed.kind === "valid" && parsed.document.kind === "Service" ? parsed.document.spec : undefined;
          // -0 isn't a number of JSON.
          expect(JSON.stringify(spec?.parameters)).toBe(JSON.stringify(parameters));
          expect(spec?.description).toBe(description);
        },
      ),
      { numRuns: 150 },
    );
  });
});

test("a preview shows every file and what would be made, and writes nothing", async () => {
  const { deps, nothingWritten } = await setup();
  const preview = await previewService(deps, person("developer"), wish);
  expect(preview).toMatchObject({
    kind: "rendered",
    files: [
      { path: "README.md", text: "# orders\n", executable: false },
      { path: "script/build", text: undefined, sizeBytes: 2, executable: true },
    ],
  });
  expect(preview.kind === "rendered" && preview.creates.join("\n")).toContain("acme/orders");
  expect(await nothingWritten()).toBe(true);
});
