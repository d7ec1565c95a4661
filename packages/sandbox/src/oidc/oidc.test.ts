import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../sandbox.ts";
import { oidcFront } from "./front.ts";

const portalUrl = "http://127.0.0.1:1";
const redirectUri = `${portalUrl}/api/auth/oauth2/callback/x`;
let folder: string;
let sandbox: Sandbox;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "turnpike-oidc-"));
  sandbox = await startSandbox({
    dataDir: folder,
    services: [],
    fronts: [oidcFront],
    oidc: { clientId: "portal", clientSecret: "secret-of-the-client", portalUrl },
  });
});

afterAll(async () => {
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Follows redirects with a cookie jar, as a browser would, until one leaves the issuer. */
async function browse(start: string, login: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = new URL(start);
  let init: RequestInit = {};
  for (let hop = 0; hop < 10; hop++) {
    const response = await fetch(url, {
      ...init,
      redirect: "manual",
      headers: { ...init.headers, cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ""] = cookie.split(";");
      const at = pair.indexOf("=");
      cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const location = response.headers.get("location");
    if (location) {
      url = new URL(location, url);
      init = {};
      if (url.href.startsWith(portalUrl)) return url;
      continue;
    }
    const page = await response.text();
    const action = /action="([^"]+)"/.exec(page)?.[1];
    if (!action) throw new Error(`${response.status} ${page.slice(0, 300)}`);
    url = new URL(action, url);
    init = {
      method: "POST",
      body: new URLSearchParams({ login }).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    };
  }
  throw new Error("too many redirects");
}

function authorise(redirect: string, challenge?: string): string {
  const url = new URL("/auth", sandbox.oidcUrl);
  const parameters = {
    client_id: "portal",
    response_type: "code",
    scope: "openid email profile",
    redirect_uri: redirect,
    state: "s",
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  if (challenge) {
    url.searchParams.set("code_challenge", challenge);
    url.searchParams.set("code_challenge_method", "S256");
  }
  return url.href;
}

test("a person signs in by code and PKCE, and the code works once", async () => {
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const back = await browse(authorise(redirectUri, challenge), "developer");
  const code = back.searchParams.get("code") ?? "";
  const exchange = () =>
    fetch(`${sandbox.oidcUrl}/token`, {
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
  const first = await exchange();
  expect(first.status).toBe(200);
  const { id_token: idToken } = (await first.json()) as { id_token: string };
  const claims = JSON.parse(Buffer.from(idToken.split(".")[1] ?? "", "base64url").toString("utf8")) as object;
  expect(claims).toMatchObject({
    iss: sandbox.oidcUrl,
    sub: "developer",
    email: "developer@example.com",
    email_verified: true,
  });
  expect((await exchange()).status).toBe(400);
});

test("a callback that isn't the portal's is refused without a redirect to it", async () => {
  const answer = await fetch(authorise("http://evil.example/callback", "x".repeat(43)), { redirect: "manual" });
  expect(answer.status).toBe(400);
  expect(answer.headers.get("location")).toBeNull();
});

test("a request without PKCE is sent back with an error", async () => {
  const answer = await fetch(authorise(redirectUri), { redirect: "manual" });
  expect(answer.headers.get("location")).toContain("error=invalid_request");
});
