import { randomBytes } from "node:crypto";
import { loadConfig } from "@turnpike/config";
import { type NextRequest, NextResponse } from "next/server";
import { policy } from "./server/policy.ts";

let portal: URL | undefined;

/**
 * Gives each page its content security policy and tells it its own path. It decides nothing about who may see what:
 * that is asked where the data is read.
 */
export function proxy(request: NextRequest): NextResponse {
  portal ??= new URL(loadConfig().portalUrl);
  const { pathname, search } = request.nextUrl;
  if (request.headers.get("host") !== portal.host) return elsewhere(new URL(`${pathname}${search}`, portal));
  // No name holds NUL, and PostgreSQL refuses to look for one.
  if (request.nextUrl.href.includes("%00")) return new NextResponse("There is no such address.\n", { status: 404 });
  const csp = policy(randomBytes(16).toString("base64"), process.env.NODE_ENV === "development");
  const headers = new Headers(request.headers);
  headers.set("content-security-policy", csp);
  headers.set("x-turnpike-path", `${pathname}${search}`);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", csp);
  return response;
}

/**
 * Cookies and the sign-in callback belong to one address: whoever came by another (`localhost`, a rebound name) is sent
 * to it. By `Refresh`, because Next makes a redirect to its own host a relative one, which would lead back here.
 */
function elsewhere(to: URL): NextResponse {
  return new NextResponse(`Turnpike is at ${to.origin}.\n`, {
    status: 421,
    headers: { refresh: `0;url=${to.href}`, "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
  });
}

export const config = {
  matcher: ["/((?!api/|_next/|icon).*)"],
};
