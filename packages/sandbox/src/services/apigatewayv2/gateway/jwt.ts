import { createPublicKey, type KeyObject, verify, type webcrypto } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { SandboxClock } from "../../../core/context.ts";
import type { AuthorizerRecord, RouteRecord } from "../records.ts";

/** What an authorised request's function is told. */
export interface Authorized {
  readonly claims: Readonly<Record<string, string>>;
  readonly scopes: readonly string[] | null;
}

/** Undefined: let in. Otherwise why not, as `www-authenticate` and the status say it. */
type Verdict =
  | { readonly kind: "allowed"; readonly authorized: Authorized }
  | { readonly kind: "unauthorized"; readonly challenge: string }
  | { readonly kind: "forbidden"; readonly challenge: string };

export interface TokenVerifier {
  check(
    request: { readonly headers: IncomingHttpHeaders; readonly rawQuery: string },
    authorizer: AuthorizerRecord,
    route: RouteRecord,
  ): Promise<Verdict>;
}

/** AWS keeps an issuer's keys for two hours. */
const KEYS_MS = 7_200_000;
const FETCH_MS = 5_000;
/** RSA alone, as on AWS. */
const DIGESTS: Readonly<Record<string, string>> = { RS256: "RSA-SHA256", RS384: "RSA-SHA384", RS512: "RSA-SHA512" };

class BadToken extends Error {}

/**
 * Verifies tokens as an HTTP API's JWT authorizer does: signature by the issuer's published keys, `iss`, `aud` (or
 * `client_id`), `exp`, `nbf`, `iat`, and the route's scopes in `scope` or `scp`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
export function createTokenVerifier(clock: SandboxClock): TokenVerifier {
  const known = new Map<string, { readonly keys: Map<string, KeyObject>; readonly untilMs: number }>();

  const keysOf = async (issuer: string): Promise<Map<string, KeyObject>> => {
    const nowMs = clock.now().getTime();
    const held = known.get(issuer);
    if (held && held.untilMs > nowMs) return held.keys;
    const ask = async (url: string) => {
      const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS) });
      if (!response.ok) throw new BadToken(`unable to fetch ${new URL(url).pathname}`);
      return (await response.json()) as Record<string, unknown>;
    };
    const { jwks_uri: uri } = await ask(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
    const { keys: given } = await ask(String(uri));
    const keys = new Map<string, KeyObject>();
    for (const jwk of Array.isArray(given)
      ? (given as (webcrypto.JsonWebKey & { kid?: string; kty?: string })[])
      : []) {
      if (jwk.kty === "RSA" && jwk.kid) keys.set(jwk.kid, createPublicKey({ key: jwk, format: "jwk" }));
    }
    known.set(issuer, { keys, untilMs: nowMs + KEYS_MS });
    return keys;
  };

  return {
    async check(request, authorizer, route) {
      const scopes = route.authorizationScopes ?? [];
      const challenge = (error: string, description: string) =>
        `Bearer scope="${scopes.join(" ")}" error="${error}" error_description="${description}"`;
      const token = tokenOf(request, authorizer.identitySource);
      if (token === undefined) return { kind: "unauthorized", challenge: "Bearer" };
      try {
        const claims = await readClaims(token, authorizer, keysOf, clock.now().getTime() / 1000);
        const granted = String(claims.scope ?? [claims.scp ?? []].flat().join(" "))
          .split(" ")
          .filter(Boolean);
        if (scopes.length > 0 && !scopes.some((scope) => granted.includes(scope))) {
          const text = "client does not have sufficient scope";
          return { kind: "forbidden", challenge: challenge("insufficient_scope", text) };
        }
        const texts = Object.entries(claims).map(([name, value]) => [name, textOf(value)]);
        const authorized = { claims: Object.fromEntries(texts), scopes: scopes.length > 0 ? scopes : null };
        return { kind: "allowed", authorized };
      } catch (error) {
        const why = error instanceof BadToken ? error.message : "unable to reach the issuer";
        return { kind: "unauthorized", challenge: challenge("invalid_token", why) };
      }
    },
  };
}

function tokenOf(
  { headers, rawQuery }: { readonly headers: IncomingHttpHeaders; readonly rawQuery: string },
  source: string,
): string | undefined {
  const [, place, name = ""] = /^\$request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
  const given = place === "header" ? headers[name.toLowerCase()] : new URLSearchParams(rawQuery).get(name);
  const text = [given ?? ""].flat()[0] ?? "";
  return text === "" ? undefined : text.replace(/^Bearer /i, "").trim();
}

async function readClaims(
  token: string,
  authorizer: AuthorizerRecord,
  keysOf: (issuer: string) => Promise<Map<string, KeyObject>>,
  nowS: number,
): Promise<Record<string, unknown>> {
  const [head = "", body = "", signature = ""] = token.split(".");
  const header = read(head);
  const claims = read(body);
  const digest = DIGESTS[String(header.alg)];
  if (digest === undefined) throw new BadToken("signing method is invalid");
  const key = (await keysOf(authorizer.issuer)).get(String(header.kid));
  if (!key) throw new BadToken("unable to find the key of the token");
  const isSigned = verify(digest, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url"));
  if (!isSigned) throw new BadToken("signature is invalid");
  if (claims.iss !== authorizer.issuer) throw new BadToken("invalid issuer");
  const audience = [claims.aud ?? claims.client_id ?? []].flat();
  if (!audience.some((one) => authorizer.audience.includes(String(one)))) throw new BadToken("invalid audience");
  if (typeof claims.exp !== "number" || claims.exp <= nowS) throw new BadToken("the token has expired");
  if (typeof claims.nbf === "number" && claims.nbf > nowS) throw new BadToken("the token is not valid yet");
  if (typeof claims.iat === "number" && Math.floor(claims.iat) > Math.ceil(nowS)) {
    throw new BadToken("the token was issued in the future");
  }
  return claims;
}

function read(part: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new BadToken("the token is malformed");
}

/** Functions get every claim as text; lists in the form `[a b]`. */
const textOf = (value: unknown): string =>
  Array.isArray(value) ? `[${value.join(" ")}]` : typeof value === "object" ? JSON.stringify(value) : String(value);
