import { type Actor, resolveActor, UnauthenticatedError } from "@turnpike/domain/identity";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { cache } from "react";
import { providerIdOf } from "./auth.ts";
import { container } from "./deps.ts";

/**
 * The person behind the session cookie, with the memberships that the team documents give them now; undefined when
 * nobody is signed in. Looked up once for each request.
 */
export const currentActor = cache(async (): Promise<Actor | undefined> => {
  const { auth, config, teams } = await container();
  const sent = await headers();
  const session = await auth.api.getSession({ headers: sent });
  if (!session) return undefined;
  const accounts = await (await auth.$context).internalAdapter.findAccounts(session.user.id);
  // A session of another issuer, from before the configuration changed, is nobody's.
  const account = accounts.find(({ providerId }) => providerId === providerIdOf(config.oidc.issuer));
  if (!account) return undefined;
  return resolveActor(
    { teams },
    {
      issuer: config.oidc.issuer,
      subject: account.accountId,
      email: session.user.email,
      name: session.user.name,
    },
  );
});

/** For the API and actions. Raises `UnauthenticatedError`. */
export async function requireActor(): Promise<Actor> {
  const actor = await currentActor();
  if (!actor) throw new UnauthenticatedError();
  return actor;
}

/** For pages: whoever isn't signed in is sent to sign in, and comes back. */
export async function pageActor(): Promise<Actor> {
  const actor = await currentActor();
  if (actor) return actor;
  const path = (await headers()).get("x-turnpike-path") ?? "/";
  redirect(path === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(path)}`);
}
