import { providerIdOf } from "../../../server/auth.ts";
import { container } from "../../../server/deps.ts";
import { safePath } from "../../../server/origin.ts";

/**
 * Starts a sign-in: remembers state and code verifier, and sends the browser to the issuer. A link rather than a form,
 * so that it works before any script has run.
 */
export async function GET(request: Request): Promise<Response> {
  const { auth, config, log } = await container();
  const next = safePath(new URL(request.url).searchParams.get("next") ?? undefined, config.portalUrl);
  try {
    const { response, headers } = await auth.api.signInSocial({
      body: {
        provider: providerIdOf(config.oidc.issuer),
        callbackURL: next,
        errorCallbackURL: "/sign-in",
        disableRedirect: true,
      },
      headers: request.headers,
      returnHeaders: true,
    });
    if (!response.url) throw new Error("The sign-in has no address to go to.");
    const answer = new Response(null, {
      status: 302,
      headers: { location: response.url, "cache-control": "no-store" },
    });
    for (const cookie of headers.getSetCookie()) answer.headers.append("set-cookie", cookie);
    return answer;
  } catch (error) {
    log.error({ err: error }, "a sign-in could not be started");
    return new Response(null, {
      status: 302,
      headers: { location: new URL("/sign-in?error=issuer_unavailable", config.portalUrl).href },
    });
  }
}
