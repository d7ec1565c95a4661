import { silentLogger } from "@turnpike/kernel";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { createMemoryPlatformRepository } from "../../test/memory-platform-repository.ts";
import { createMemoryStore, steppedClock } from "../../test/memory-store.ts";
import { person, platformFiles, serviceFile } from "../../test/samples.ts";
import { ForbiddenError } from "../identity/index.ts";
import { syncPlatform } from "../platform/index.ts";
import { openFix, requestFix } from "./fixes.ts";
import { importRepository } from "./import-repository.ts";
import { judgeScorecard, listUnjudged } from "./judge.ts";
import type { Sources } from "./ports.ts";
import { getScorecard, listScorecards } from "./read-scorecards.ts";

/** It breaks SUS-1, which has a patch, and others that need a person. */
const TEMPLATE = `Resources:
  Work:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs24.x
      Handler: index.handler
      Role: arn:aws:iam::222222222222:role/work
      Code: { ZipFile: "exports.handler = async () => 1" }
`;
const [FIRST, SECOND] = ["1".repeat(40), "2".repeat(40)];

type Proposal = Parameters<Sources["propose"]>[0];

async function setup(files: Record<string, string> = { "template.yaml": TEMPLATE }, documents = {}) {
  const store = createMemoryStore();
  const git = createMemoryPlatformRepository({
    ...platformFiles,
    "services/orders.yaml": serviceFile("orders"),
    ...documents,
  });
  const heads: Record<string, string> = { "acme/orders main": FIRST };
  const commits: Record<string, Record<string, string>> = { [FIRST]: files };
  const reads: string[] = [];
  const proposals: Proposal[] = [];
  const sources: Sources = {
    head: async (fullName, branch) => heads[`${fullName} ${branch}`],
    async files(_fullName, commit) {
      reads.push(commit);
      return new Map(Object.entries(commits[commit] ?? {}));
    },
    async propose(request) {
      proposals.push(request);
      return { sha: "f".repeat(40), url: `https://github.com/${request.fullName}/pull/1` };
    },
  };
  const clock = steppedClock();
  const deps = { ...store, sources, repository: git.repository, clock, log: silentLogger };
  await syncPlatform(deps, { fetch: true });
  return { deps, git, heads, commits, reads, proposals, clock, judge: (name = "orders") => judgeScorecard(deps, name) };
}

const developer = person("developer");

describe("judging", () => {
  test("a commit is read once a day, and again when the standards or the head change", async () => {
    const { deps, git, heads, commits, reads, clock, judge } = await setup();
    await judge();
    await judge();
    expect(reads).toEqual([FIRST]);
    commits[SECOND] = {
      "template.yaml": TEMPLATE.replace("      Handler", "      Architectures: [arm64]\n      Handler"),
    };
    heads["acme/orders main"] = SECOND;
    clock.advance(1000);
    await judge();
    expect(reads).toEqual([FIRST, SECOND]);
    const scorecard = await getScorecard(deps, developer, "orders");
    expect(scorecard?.commit).toBe(SECOND);
    const warned = scorecard?.history.map(({ standing }) => standing.warn) ?? [];
    expect(warned[1]).toBe((warned[0] ?? 0) - 1);

    const standards = {
      effects: {},
      waivers: [{ rule: "OPS-1", service: "orders", reason: "It has no users yet", until: "2026-12-01" }],
    };
    git.commitByOther({
      "standards.yaml": stringify({
        apiVersion: "turnpike.dev/v1",
        kind: "Standards",
        metadata: { name: "acme" },
        spec: standards,
      }),
    });
    expect(await listUnjudged(deps)).toEqual([]);
    await syncPlatform(deps, { fetch: true });
    expect(await listUnjudged(deps)).toEqual(["orders"]);
    await judge();
    expect((await getScorecard(deps, developer, "orders"))?.standing.waived).toBe(1);
    clock.advance(9 * 24 * 60 * 60 * 1000);
    expect(await listUnjudged(deps)).toEqual(["orders"]);
    await judge();
    expect((await getScorecard(deps, developer, "orders"))?.standing.waived).toBe(0);
  });

  test.each([
    ["no template", {}, /^There is no template of SAM or CloudFormation where one is by custom/],
    [
      "a template that is none",
      { "template.yaml": "Resources: {A: {Type: AWS::Lambda::Function, Properties: {X: !Ref Nothing}}}" },
      /Nothing/,
    ],
    ["text that isn't YAML", { "template.yaml": "Resources:\n\t- x" }, /template\.yaml/],
  ])("%s is a problem that is said, never a good standing", async (_name, files, problem) => {
    const { deps, judge } = await setup(files as Record<string, string>);
    await judge();
    const scorecard = await getScorecard(deps, developer, "orders");
    expect(scorecard?.problem).toMatch(problem);
    expect(scorecard?.rules).toEqual([]);
    const { services } = await listScorecards(deps, developer);
    expect(services[0]).toMatchObject({ name: "orders", problem: expect.stringMatching(problem) });
  });

  test("a repository that can't be seen is a problem too, and is judged once it can", async () => {
    const { deps, heads, clock, judge } = await setup();
    delete heads["acme/orders main"];
    await judge();
    expect((await getScorecard(deps, developer, "orders"))?.problem).toMatch(/has no branch main/);
    heads["acme/orders main"] = FIRST;
    clock.advance(1000);
    await judge();
    expect((await getScorecard(deps, developer, "orders"))?.problem).toBeUndefined();
  });

  test.each([
    [["infra/template.yaml", "README.md"], "infra/template.yaml"],
    [["sam/template.json", "cloudformation.yml"], "cloudformation.yml"],
    [["template.yaml", "template.yml"], "template.yaml"],
  ])("of %j the template is %s", async (names, expected) => {
    const { deps, judge } = await setup(Object.fromEntries(names.map((name) => [name, TEMPLATE])));
    await judge();
    const scorecard = await getScorecard(deps, developer, "orders");
    expect(scorecard?.rules.flatMap(({ findings }) => findings).map(({ file }) => file)).toContain(expected);
  });
});

describe("the fleet", () => {
  test("shows what a person may see, the worst first, and the rules that are broken most often", async () => {
    const { deps, heads, commits, judge } = await setup(undefined, {
      "services/refunds.yaml": serviceFile("refunds"),
      "services/secret.yaml": serviceFile("secret").replace("owner: payments", "owner: other"),
    });
    for (const name of ["refunds", "secret"]) heads[`acme/${name} main`] = SECOND;
    commits[SECOND] = { "template.yaml": TEMPLATE.replace("Role:", "Architectures: [arm64]\n      Role:") };
    for (const name of ["orders", "refunds", "secret"]) await judge(name);
    const fleet = await listScorecards(deps, developer);
    expect(fleet.services.map(({ name }) => name)).toEqual(["orders", "refunds"]);
    expect(fleet.rules.find(({ id }) => id === "SUS-1")).toMatchObject({ failing: ["orders"], of: 2 });
    const counts = fleet.rules.map(({ failing }) => failing.length);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
    expect(fleet.teams).toMatchObject([{ team: "payments", services: 2 }]);
    await expect(getScorecard(deps, developer, "secret")).rejects.toThrow(ForbiddenError);
  });
});

describe("fixes", () => {
  const rule = "SUS-1";

  test("a fix is asked for once for a commit, and opened with the patch in the name of who asked", async () => {
    const { deps, proposals, judge } = await setup();
    await judge();
    await requestFix(deps, developer, { name: "orders", rule });
    await requestFix(deps, developer, { name: "orders", rule });
    const waiting = await deps.scorecards.waitingFixes();
    expect(waiting).toHaveLength(1);
    for (const fix of waiting) await openFix(deps, fix);
    expect(proposals).toMatchObject([
      {
        fullName: "acme/orders",
        into: "main",
        base: FIRST,
        branch: "turnpike/sus-1-1111111",
        author: { email: "developer@example.com" },
        title: "SUS-1: Run it on arm64",
      },
    ]);
    const text = proposals[0]?.files.get("template.yaml") ?? "";
    expect(text).toContain("arm64");
    expect(text.replace(/\n.*Architectures:.*(\n.*- arm64.*)?/, "")).toBe(TEMPLATE);
    expect((await getScorecard(deps, developer, "orders"))?.fixes).toMatchObject([
      { rule, status: "opened", url: "https://github.com/acme/orders/pull/1" },
    ]);
    expect(await deps.scorecards.requesterOf("orders", "f".repeat(40))).toBe("developer");
    expect(await deps.scorecards.waitingFixes()).toEqual([]);
  });

  test("what was waived since is not mended, and the wish says so", async () => {
    const { deps, git, proposals, judge } = await setup();
    await judge();
    await requestFix(deps, developer, { name: "orders", rule });
    const waiver = { rule, service: "orders", reason: "It needs x86 for now", until: "2027-01-01" };
    git.commitByOther({
      "standards.yaml": stringify({
        apiVersion: "turnpike.dev/v1",
        kind: "Standards",
        metadata: { name: "acme" },
        spec: { waivers: [waiver] },
      }),
    });
    await syncPlatform(deps, { fetch: true });
    for (const fix of await deps.scorecards.waitingFixes()) await openFix(deps, fix);
    expect(proposals).toEqual([]);
    expect((await getScorecard(deps, developer, "orders"))?.fixes).toMatchObject([
      { status: "failed", error: expect.stringContaining("Nothing was changed") },
    ]);
  });

  test("who may only read, a rule without a patch and a service that isn't there are refused", async () => {
    const { deps, judge } = await setup();
    await judge();
    const ask = (who: string, name: string, wanted: string) =>
      requestFix(deps, person(who, who === "viewer" ? "viewer" : "developer"), { name, rule: wanted });
    await expect(ask("viewer", "orders", rule)).rejects.toThrow(ForbiddenError);
    await expect(ask("developer", "orders", "SEC-2")).rejects.toThrow("Nothing was changed");
    await expect(ask("developer", "nothing", rule)).rejects.toThrow("no service or imported repository");
    expect(await deps.scorecards.waitingFixes()).toEqual([]);
  });
});

describe("importing", () => {
  const input = { repository: "Old_Shop", owner: "payments", branch: "main", template: "" };

  test("a repository becomes a document, by whoever asked, and is judged under its name", async () => {
    const { deps } = await setup();
    expect(await importRepository(deps, developer, { ...input, template: "infra/app.yaml" })).toEqual({
      kind: "accepted",
      name: "old-shop",
    });
    const [intent] = await deps.intents.waiting(10);
    expect(intent).toMatchObject({
      change: { path: "repositories/old-shop.yaml" },
      author: { email: "developer@example.com" },
    });
    expect(intent?.change.content).toContain("repository: acme/Old_Shop");
    const {
      deps: later,
      heads,
      judge,
    } = await setup(
      { "infra/app.yaml": TEMPLATE },
      {
        [intent?.change.path ?? ""]: intent?.change.content ?? "",
      },
    );
    heads["acme/Old_Shop main"] = FIRST;
    expect(await listUnjudged(later)).toContain("old-shop");
    await judge("old-shop");
    expect((await getScorecard(later, developer, "old-shop"))?.rules.length).toBeGreaterThan(5);
  });

  test.each([
    [{ repository: "" }, "repository"],
    [{ repository: "acme/a/b" }, "repository"],
    [{ repository: "acme/.." }, "repository"],
    [{ repository: "---" }, "repository"],
    [{ repository: "orders" }, "repository"],
    [{ branch: "a..b" }, "branch"],
    [{ branch: "-x" }, "branch"],
    [{ template: "../x.yaml" }, "template"],
    [{ template: "/etc/passwd" }, "template"],
    [{ owner: "nobody" }, "owner"],
  ])("%j is refused beside its field, and nothing is written", async (wrong, field) => {
    const { deps } = await setup();
    const result = await importRepository(deps, developer, { ...input, ...wrong });
    expect(result).toMatchObject({ kind: "invalid", problems: [{ field }] });
    expect(await deps.intents.waiting(10)).toEqual([]);
  });
});
