import { container } from "../../../../server/deps.ts";

/**
 * What better-auth may answer. Everything else it offers (changing a name, linking accounts, reading tokens) is closed:
 * a person's name and e-mail are the issuer's to say.
 */
const open = /^\/api\/auth\/(callback\/[\w-]+|sign-in\/social|sign-out|get-session|error)$/;

async function handle(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (!open.test(pathname)) return new Response(null, { status: 404 });
  const { auth, config } = await container();
  // Its own error page is another product's: ours says what to do.
  if (pathname.endsWith("/error")) {
    const error = new URL(request.url).searchParams.get("error") ?? "unknown";
    return Response.redirect(new URL(`/sign-in?error=${encodeURIComponent(error)}`, config.portalUrl), 302);
  }
  return auth.handler(request);
}

export { handle as GET, handle as POST };
