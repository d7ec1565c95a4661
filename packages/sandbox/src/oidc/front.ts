import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import { text } from "node:stream/consumers";
import type { JWK, Provider } from "oidc-provider";
import type { HttpFront } from "../core/fronts.ts";
import { errorPage, loginPage, signedOutPage, signOutPage } from "./page.ts";
import { people } from "./people.ts";

/**
 * An OpenID Connect issuer by `oidc-provider`: authorisation code with PKCE, ID tokens, userinfo, sign-out. Its people
 * sign in by a click, and are asked who they are each time, because one person at a laptop plays them all. Known gaps:
 * no consent, no refresh tokens, no silent sign-in; sessions are forgotten when the sandbox stops.
 */

interface OidcOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Callbacks below `<portalUrl>/api/auth/` are allowed, no others. */
  readonly portalUrl: string;
}

interface Keys {
  readonly jwks: { readonly keys: JWK[] };
  readonly cookies: string[];
}

/** Made at the first start and kept: tokens of yesterday verify today. */
function openKeys(folder: string): Keys {
  const file = path.join(folder, "keys.json");
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const key = {
      ...privateKey.export({ format: "jwk" }),
      kid: randomBytes(8).toString("hex"),
      use: "sig",
      alg: "RS256",
    };
    const keys = { jwks: { keys: [key] }, cookies: [randomBytes(32).toString("base64url")] };
    writeFileSync(`${file}.partial`, JSON.stringify(keys), { mode: 0o600 });
    renameSync(`${file}.partial`, file);
  }
  return JSON.parse(readFileSync(file, "utf8")) as Keys;
}

/** Loaded only where an issuer is wanted: it takes longer to load than all of the sandbox's services. */
async function createProvider(issuer: string, options: OidcOptions, keys: Keys): Promise<Provider> {
  const { Provider, interactionPolicy } = await import("oidc-provider");
  const { base, Check } = interactionPolicy;
  const policy = base();
  policy
    .get("login")
    ?.checks.add(
      new Check("who_is_it", "One person plays all of the sandbox's people", "login_required", ({ oidc }) =>
        oidc.result?.login ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT,
      ),
    );
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: options.clientId,
        client_secret: options.clientSecret,
        // Any callback of the portal; see redirectUriAllowed below.
        redirect_uris: [`${options.portalUrl}/api/auth/callback/oidc`],
        post_logout_redirect_uris: [options.portalUrl],
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
    ],
    jwks: keys.jwks,
    // Cookies know no ports: of two sandboxes on one machine each keeps its own session.
    cookies: { keys: keys.cookies, names: { session: `_session_${new URL(issuer).port}` } },
    pkce: { required: () => true },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "preferred_username"] },
    conformIdTokenClaims: false,
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource(context, form) {
          context.body = signOutPage(form);
        },
        postLogoutSuccessSource(context) {
          context.body = signedOutPage();
        },
      },
    },
    ttl: {
      Interaction: 600,
      Session: 12 * 3600,
      Grant: 12 * 3600,
      AccessToken: 3600,
      IdToken: 3600,
      AuthorizationCode: 60,
    },
    interactions: { policy, url: (_context, interaction) => `/interaction/${interaction.uid}` },
    findAccount(_context, id) {
      const person = people.find(({ login }) => login === id);
      if (!person) return undefined;
      return {
        accountId: id,
        claims: async () => ({
          sub: id,
          email: person.email,
          email_verified: true,
          name: person.name,
          preferred_username: id,
        }),
      };
    },
    // Whoever signed in has agreed: the sandbox has one client, and it is ours.
    async loadExistingGrant(context) {
      const { client, session } = context.oidc;
      if (!client || !session?.accountId) return undefined;
      const grant = new context.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
    renderError(context, out) {
      context.type = "html";
      context.body = errorPage(`${out.error}: ${out.error_description ?? ""}`);
    },
  });
  const callbacks = `${options.portalUrl}/api/auth/`;
  const { prototype } = provider.Client;
  prototype.redirectUriAllowed = (uri: string) => uri.startsWith(callbacks);
  prototype.postLogoutRedirectUriAllowed = (uri: string) =>
    uri === options.portalUrl || uri.startsWith(`${options.portalUrl}/`);
  return provider;
}

/** Someone else may have signed in before with this browser: their session ends here. */
async function endEarlierSession(provider: Provider, request: IncomingMessage, response: ServerResponse) {
  const interaction = await provider.interactionDetails(request, response);
  const earlier = interaction.session && (await provider.Session.findByUid(interaction.session.uid));
  if (!earlier) return;
  await earlier.destroy();
  delete interaction.session;
  await interaction.persist();
}

const INTERACTION = /^\/interaction\/([\w-]+)$/;

async function interact(
  provider: Provider,
  uid: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === "POST") {
    const login = new URLSearchParams(await text(request)).get("login") ?? "";
    if (!people.some((person) => person.login === login)) throw new Error("There is no such person here.");
    await endEarlierSession(provider, request, response);
    await provider.interactionFinished(
      request,
      response,
      { login: { accountId: login } },
      { mergeWithLastSubmission: false },
    );
    return;
  }
  await provider.interactionDetails(request, response);
  response.writeHead(200, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "cache-control": "no-store",
  });
  response.end(loginPage(uid));
}

/** The front of the identity provider; `options` is `OidcOptions`. */
export const oidcFront: HttpFront = {
  name: "oidc",
  async handler(runtime, options) {
    const { surroundings } = runtime;
    const keys = openKeys(path.join(surroundings.dataDir, "oidc"));
    const provider = await createProvider(surroundings.oidcUrl, options as OidcOptions, keys);
    provider.on("server_error", (_context, error) => runtime.log("oidc.failed", { error: String(error) }));
    const callback = provider.callback();
    return async (request, response) => {
      const uid = INTERACTION.exec(new URL(request.url ?? "/", surroundings.oidcUrl).pathname)?.[1];
      if (!uid) return callback(request, response);
      try {
        await interact(provider, uid, request, response);
      } catch (error) {
        response.writeHead(400, { "content-type": "text/html; charset=utf-8" });
        response.end(errorPage(error instanceof Error ? `${error.message}.` : "This sign-in is over."));
      }
    };
  },
};
