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
  // Cookies and the sign-in callback belong to one address: `localhost` is sent to it, and a rebound name gets no page.
  if (request.headers.get("host") !== portal.host) {
    return NextResponse.redirect(new URL(`${pathname}${search}`, portal), 307);
  }
  const csp = policy(randomBytes(16).toString("base64"), process.env.NODE_ENV === "development");
  const headers = new Headers(request.headers);
  headers.set("content-security-policy", csp);
  headers.set("x-turnpike-path", `${pathname}${search}`);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", csp);
  return response;
}

export const config = {
  matcher: ["/((?!api/|_next/|icon).*)"],
};
