import { expect, test } from "vitest";
import { person } from "../../test/samples.ts";
import { ForbiddenError } from "./errors.ts";
import { authorise, may, teamsWith } from "./permissions.ts";
import { resolveActor } from "./resolve-actor.ts";

const signedIn = { issuer: "https://id.example.com", subject: "1", email: "Developer@Example.com", name: "Dev" };
const member = (email: string, github: string, role: "viewer" | "developer" | "approver" | "admin") => ({
  email,
  github,
  role,
});

test("a person is who their teams' documents say, whatever the case of their e-mail", async () => {
  const teams = {
    teams: async () => [
      { name: "payments", members: [member("developer@example.com", "dev", "developer")] },
      { name: "billing", members: [member("other@example.com", "other", "admin")] },
      { name: "orders", members: [member("developer@example.com", "dev-two", "viewer")] },
    ],
  };
  expect(await resolveActor({ teams }, signedIn)).toEqual({
    ...signedIn,
    githubLogins: ["dev", "dev-two"],
    memberships: [
      { team: "payments", role: "developer" },
      { team: "orders", role: "viewer" },
    ],
  });
});

test("a person whom no document names is in no team and may do nothing", async () => {
  const actor = await resolveActor({ teams: { teams: async () => [] } }, signedIn);
  expect(actor).toMatchObject({ githubLogins: [], memberships: [] });
  expect(may(actor, "service:read", "payments")).toBe(false);
  expect(may(actor, "service:read", "platform")).toBe(false);
});

test("a role holds its own permissions and those of the roles before it, in its own team alone", () => {
  const allowed = (role: Parameters<typeof person>[1]) =>
    (["service:read", "service:create", "release:read", "release:decide"] as const).filter((permission) =>
      may(person("p", role), permission, "payments"),
    );
  expect(allowed("viewer")).toEqual(["service:read", "release:read"]);
  expect(allowed("developer")).toEqual(["service:read", "service:create", "release:read"]);
  expect(allowed("approver")).toHaveLength(4);
  expect(may(person("p", "admin"), "service:read", "billing")).toBe(false);
});

test("an admin of the team platform holds every permission everywhere; its other members don't", () => {
  expect(may(person("p", "admin", "platform"), "release:decide", "payments")).toBe(true);
  expect(may(person("p", "approver", "platform"), "service:read", "payments")).toBe(false);
});

test("a refusal names the role and the team that are needed", () => {
  const refused = () => authorise(person("p", "viewer"), "service:create", "payments");
  expect(refused).toThrow(ForbiddenError);
  expect(refused).toThrow(/role developer in the team payments/);
  expect(teamsWith(person("p", "viewer"), "service:create")).toEqual([]);
});
