import { createHash, createPublicKey, randomBytes, verify } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../sandbox.ts";
import { oidcFront } from "./front.ts";

const portalUrl = "http://127.0.0.1:1";
const redirectUri = `${portalUrl}/api/auth/callback/x`;
let folder: string;
let sandbox: Sandbox;

const start = () =>
  startSandbox({
    dataDir: folder,
    services: [],
    fronts: [oidcFront],
    oidc: { clientId: "portal", clientSecret: "secret-of-the-client", portalUrl },
  });

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "turnpike-oidc-"));
  sandbox = await start();
});

afterAll(async () => {
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A browser: it keeps cookies and follows redirects until one leaves the issuer, or a page is shown. */
function openBrowser() {
  const cookies = new Map<string, string>();
  async function go(to: string, init: RequestInit = {}): Promise<{ url: URL; status: number; page: string }> {
    let url = new URL(to);
    let request = init;
    for (let hop = 0; hop < 10; hop++) {
      if (url.href.startsWith(portalUrl)) return { url, status: 0, page: "" };
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const headers = { ...(request.headers as Record<string, string>), cookie };
      const response = await fetch(url, { ...request, redirect: "manual", headers });
      for (const set of response.headers.getSetCookie()) {
        const [pair = ""] = set.split(";");
        const at = pair.indexOf("=");
        cookies.set(pair.slice(0, at), pair.slice(at + 1));
      }
      const location = response.headers.get("location");
      if (!location) return { url, status: response.status, page: await response.text() };
      url = new URL(location, url);
      request = {};
    }
    throw new Error("too many redirects");
  }
  /** Sends the form of a page, with what its hidden fields hold. */
  async function send({ url, page }: { url: URL; page: string }, fields: Record<string, string>) {
    const action = /action="([^"]+)"/.exec(page)?.[1];
    if (!action) throw new Error(page.slice(0, 300));
    const hidden = [...page.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(
      ([, name = "", value = ""]) => [name, value],
    );
    const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return go(new URL(action, url).href, { method: "POST", body, headers });
  }
  return { go, send };
}

function proof() {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}

function authorise(challenge?: string, more: Record<string, string> = {}): string {
  const url = new URL("/auth", sandbox.oidcUrl);
  const parameters = {
    client_id: "portal",
    response_type: "code",
    scope: "openid email profile",
    redirect_uri: redirectUri,
    state: "s",
    ...(challenge ? { code_challenge: challenge, code_challenge_method: "S256" } : {}),
    ...more,
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

async function exchange(code: string, verifier: string) {
  const response = await fetch(`${sandbox.oidcUrl}/token`, {
    method: "POST",
    headers: {
      authorization: `Basic ${Buffer.from("portal:secret-of-the-client").toString("base64")}`,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    }).toString(),
  });
  return { status: response.status, body: (await response.json()) as { id_token: string; access_token: string } };
}

async function signIn(browser: ReturnType<typeof openBrowser>, login: string) {
  const { verifier, challenge } = proof();
  const { url } = await browser.send(await browser.go(authorise(challenge)), { login });
  const code = url.searchParams.get("code") ?? "";
  return { code, verifier, state: url.searchParams.get("state"), ...(await exchange(code, verifier)) };
}

/** The claims of an ID token, once its signature is verified with the issuer's published key. */
async function claimsOf(idToken: string): Promise<Record<string, unknown>> {
  const { keys } = (await (await fetch(`${sandbox.oidcUrl}/jwks`)).json()) as {
    keys: Record<string, string>[];
  };
  const [header = "", payload = "", signature = ""] = idToken.split(".");
  const decode = (part: string) =>
    JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Record<string, unknown>;
  const key = keys.find((candidate) => candidate.kid === decode(header).kid);
  const publicKey = createPublicKey({ key: key ?? {}, format: "jwk" });
  const signed = verify("sha256", Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, "base64url"));
  if (!signed) throw new Error("The signature is wrong.");
  return decode(payload);
}

test("a person signs in by code and PKCE, and the code works once", async () => {
  const { status, state, body, code, verifier } = await signIn(openBrowser(), "developer");
  expect({ status, state }).toEqual({ status: 200, state: "s" });
  expect(await claimsOf(body.id_token)).toMatchObject({
    iss: sandbox.oidcUrl,
    aud: "portal",
    sub: "developer",
    email: "developer@example.com",
    email_verified: true,
    preferred_username: "developer",
    name: "Dana Developer",
  });
  expect((await exchange(code, verifier)).status).toBe(400);
});

test("a code is worth nothing without the verifier that it was asked for with", async () => {
  const { challenge } = proof();
  const browser = openBrowser();
  const { url } = await browser.send(await browser.go(authorise(challenge)), { login: "developer" });
  expect((await exchange(url.searchParams.get("code") ?? "", proof().verifier)).status).toBe(400);
});

test("in one browser each sign-in asks who it is, and another person becomes another subject", async () => {
  const browser = openBrowser();
  for (const login of ["developer", "approver", "approver", "admin"]) {
    const { body } = await signIn(browser, login);
    expect((await claimsOf(body.id_token)).sub).toBe(login);
    const info = await fetch(`${sandbox.oidcUrl}/me`, { headers: { authorization: `Bearer ${body.access_token}` } });
    expect(await info.json()).toMatchObject({ sub: login, email: `${login}@example.com` });
  }
});

test("a sign-in that may not ask is sent back", async () => {
  const browser = openBrowser();
  await signIn(browser, "developer");
  const { url } = await browser.go(authorise(proof().challenge, { prompt: "none" }));
  expect(url.searchParams.get("error")).toBe("login_required");
});

test("the page offers the four people by a button each, runs no script and takes nobody else", async () => {
  const browser = openBrowser();
  const shown = await browser.go(authorise(proof().challenge));
  const buttons = [...shown.page.matchAll(/Continue as (\S+) </g)].map(([, email]) => email);
  expect(buttons).toEqual(["developer", "approver", "admin", "viewer"].map((login) => `${login}@example.com`));
  expect(shown.page).not.toContain("<script");
  const refused = await browser.send(shown, { login: "root" });
  expect(refused).toMatchObject({ status: 400, page: expect.stringContaining("There is no such person here.") });
});

test("a sign-in page that was left open too long, or is another browser's, says so", async () => {
  const shown = await openBrowser().go(authorise(proof().challenge));
  const stranger = await openBrowser().send(shown, { login: "developer" });
  expect(stranger.status).toBe(400);
  expect(stranger.page).toContain("Go back and start again");
});

test("signing out ends the session and leads back to the portal", async () => {
  const browser = openBrowser();
  const { body } = await signIn(browser, "developer");
  const url = new URL("/session/end", sandbox.oidcUrl);
  url.searchParams.set("id_token_hint", body.id_token);
  url.searchParams.set("post_logout_redirect_uri", `${portalUrl}/signed-out`);
  const asked = await browser.go(url.href);
  expect(asked.page).not.toContain("<script");
  expect((await browser.send(asked, { logout: "yes" })).url.href).toBe(`${portalUrl}/signed-out`);
  const info = await fetch(`${sandbox.oidcUrl}/me`, { headers: { authorization: `Bearer ${body.access_token}` } });
  expect(info.status).toBe(401);
});

test("signing out leads to no other site", async () => {
  const browser = openBrowser();
  const { body } = await signIn(browser, "developer");
  const url = new URL("/session/end", sandbox.oidcUrl);
  url.searchParams.set("id_token_hint", body.id_token);
  url.searchParams.set("post_logout_redirect_uri", `${portalUrl}.evil.example/`);
  expect(await browser.go(url.href)).toMatchObject({ status: 400, page: expect.not.stringContaining("<form") });
});

test("a callback that isn't the portal's is refused without a redirect to it", async () => {
  const callback = { redirect_uri: "http://evil.example/callback" };
  const answer = await fetch(authorise("x".repeat(43), callback), { redirect: "manual" });
  expect(answer.status).toBe(400);
  expect(answer.headers.get("location")).toBeNull();
});

test("a request without PKCE is sent back with an error", async () => {
  const answer = await fetch(authorise(), { redirect: "manual" });
  expect(answer.headers.get("location")).toContain("error=invalid_request");
});

test("the keys are the owner's alone, and the same after a restart", async () => {
  expect(statSync(path.join(folder, "oidc", "keys.json")).mode & 0o777).toBe(0o600);
  const { body } = await signIn(openBrowser(), "viewer");
  await sandbox.stop();
  sandbox = await start();
  expect(await claimsOf(body.id_token)).toMatchObject({ sub: "viewer" });
});
