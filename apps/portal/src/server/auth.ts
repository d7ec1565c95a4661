import { createHash } from "node:crypto";
import type { Config } from "@turnpike/config";
import type { Logger } from "@turnpike/kernel";
import { betterAuth } from "better-auth";
import { prismaAdapter } from "better-auth/adapters/prisma";
import { nextCookies } from "better-auth/next-js";
import { genericOAuth } from "better-auth/plugins";

/**
 * better-auth keys accounts by the provider's name, not by its issuer. The name is therefore made from the issuer:
 * another issuer is another provider, and its subjects are other people.
 */
export function providerIdOf(issuer: string): string {
  return `oidc-${createHash("sha256").update(issuer).digest("hex").slice(0, 12)}`;
}

/**
 * Sign-in with one OpenID Connect issuer: authorisation code with PKCE, ID tokens verified, e-mail verified (team
 * documents know people by it). Accounts are never linked by e-mail, and a session is looked up each time, so that
 * ending it ends it.
 */
export function createAuth(config: Config, prisma: object, log: Logger) {
  const providerId = providerIdOf(config.oidc.issuer);
  const { origin, protocol, port } = new URL(config.portalUrl);
  return betterAuth({
    baseURL: config.portalUrl,
    basePath: "/api/auth",
    secret: config.authSecret,
    telemetry: { enabled: false },
    database: prismaAdapter(prisma, { provider: "postgresql" }),
    trustedOrigins: [origin],
    session: { cookieCache: { enabled: false }, expiresIn: 12 * 60 * 60, updateAge: 60 * 60 },
    account: { accountLinking: { enabled: false }, encryptOAuthTokens: true },
    // Cookies know no ports: of two portals on one machine each keeps its own session.
    advanced: { cookiePrefix: `turnpike${port && `-${port}`}`, useSecureCookies: protocol === "https:" },
    rateLimit: { enabled: true, window: 10, max: 100, customRules: { "/sign-in/*": { window: 10, max: 30 } } },
    logger: {
      level: "warn",
      log: (level, message, ...details) => log[level]({ component: "better-auth", details }, message),
    },
    plugins: [
      genericOAuth({
        config: [
          {
            providerId,
            discoveryUrl: `${config.oidc.issuer}/.well-known/openid-configuration`,
            clientId: config.oidc.clientId,
            clientSecret: config.oidc.clientSecret,
            scopes: ["openid", "email", "profile"],
            pkce: true,
            requireIdTokenVerification: true,
            requireEmailVerification: true,
            // A new name or e-mail address at the issuer is the person's name here from their next sign-in on.
            overrideUserInfo: true,
            disableProviderLogout: true,
          },
        ],
      }),
      // Must be the last: it hands cookies set by server actions to Next.
      nextCookies(),
    ],
  });
}
