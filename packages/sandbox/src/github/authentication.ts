import { createPublicKey, randomBytes, verify } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { SandboxClock } from "../core/context.ts";
import type { Account, Accounts } from "./accounts.ts";
import type { AppPermissions } from "./app-permissions.ts";
import type { GitHubOptions } from "./options.ts";
import type { Records } from "./records.ts";

export type Principal =
  | { readonly kind: "user"; readonly account: Account }
  /** An App that proved its key, and may ask for installation tokens only. */
  | { readonly kind: "app" }
  | {
      readonly kind: "installation";
      readonly account: Account;
      readonly permissions: AppPermissions;
      /** Ids of the only repositories that the token is for; left out: all. */
      readonly repositories?: readonly number[];
    };

/** The git password of the sandbox's people, who exist on loopback alone; `sandbox-<login>` is a token of theirs. */
const PASSWORD = "sandbox";
const TOKEN_LIFETIME_MS = 3600_000;

function decodeJson(part: string | undefined): Record<string, unknown> | undefined {
  try {
    return JSON.parse(Buffer.from(part ?? "", "base64url").toString("utf8")) as Record<string, unknown>;
  } catch {
    // Not a token: the caller is told that it isn't known.
    return undefined;
  }
}

/** Who a request's credentials belong to: the App's JSON web token, an installation's token, or a person's. */
export function createAuthentication(
  options: GitHubOptions,
  { accounts, records, clock }: { accounts: Accounts; records: Records; clock: SandboxClock },
) {
  const publicKey = createPublicKey(options.app.privateKey);

  /** Source: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app */
  function isAppToken(token: string): boolean {
    const [header, payload, signature] = token.split(".");
    const claims = decodeJson(payload);
    if (!header || !payload || !signature || decodeJson(header)?.alg !== "RS256" || !claims) return false;
    const signed = verify(
      "sha256",
      Buffer.from(`${header}.${payload}`),
      publicKey,
      Buffer.from(signature, "base64url"),
    );
    const now = clock.now().getTime() / 1000;
    return (
      signed &&
      String(claims.iss) === String(options.app.id) &&
      Number(claims.iat) <= now + 60 &&
      Number(claims.exp) > now &&
      Number(claims.exp) - Number(claims.iat) <= 660
    );
  }

  function ofSecret(secret: string): Principal | undefined {
    const user = accounts.members.find(({ login }) => secret === `sandbox-${login}`);
    if (user) return { kind: "user", account: user };
    const token = records.tokens.get(secret);
    if (token && new Date(token.expiresAt) > clock.now()) {
      const { permissions, repositories } = token;
      return { kind: "installation", account: accounts.bot, permissions, ...(repositories && { repositories }) };
    }
    return isAppToken(secret) ? { kind: "app" } : undefined;
  }

  return {
    /** Who asks; undefined when the request carries no credentials, "unknown" when it carries wrong ones. */
    principalOf(request: IncomingMessage): Principal | "unknown" | undefined {
      const [scheme = "", value = ""] = (request.headers.authorization ?? "").split(" ");
      if (scheme === "") return undefined;
      if (/^(bearer|token)$/i.test(scheme)) return ofSecret(value) ?? "unknown";
      if (!/^basic$/i.test(scheme)) return "unknown";
      const decoded = Buffer.from(value, "base64").toString("utf8");
      const colon = decoded.indexOf(":");
      if (colon < 0) return "unknown";
      const [login, password] = [decoded.slice(0, colon), decoded.slice(colon + 1)];
      const user = password === PASSWORD && accounts.member(login);
      return user ? { kind: "user", account: user } : (ofSecret(password) ?? "unknown");
    },
    /** A token of the installation, valid for an hour, as GitHub's. @param repositories ids; left out: all */
    issueToken(permissions: AppPermissions, repositories?: readonly number[]) {
      for (const { key, value } of records.tokens.list()) {
        if (new Date(value.expiresAt) <= clock.now()) records.tokens.delete(key);
      }
      const token = `ghs_${randomBytes(27).toString("base64url").replace(/[-_]/g, "x")}`;
      const expiresAt = new Date(clock.now().getTime() + TOKEN_LIFETIME_MS).toISOString().replace(/\.\d+Z$/, "Z");
      records.tokens.put(token, { expiresAt, permissions, ...(repositories && { repositories }) });
      return { token, expiresAt };
    },
  };
}

export type Authentication = ReturnType<typeof createAuthentication>;
