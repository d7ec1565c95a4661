/**
 * Where a person is sent after signing in: a path of this portal, or its front page. Anything that a browser would
 * read as another site (`//evil`, `/\evil`, `https:…`) is refused.
 */
export function safePath(next: string | undefined, portalUrl: string): string {
  if (!next?.startsWith("/")) return "/";
  let url: URL;
  try {
    url = new URL(next, portalUrl);
  } catch {
    // Not a path at all: it is answered as if it had not been given.
    return "/";
  }
  if (url.origin !== new URL(portalUrl).origin || url.pathname.startsWith("//")) return "/";
  if (url.pathname.startsWith("/api/") || url.pathname.startsWith("/sign-in")) return "/";
  return `${url.pathname}${url.search}`;
}

/**
 * Whether a request that changes something came from the portal's own pages. Browsers send `Origin` with every such
 * request, so one without it is not a browser acting for a person, and a cookie alone is not enough.
 */
export function isSameOrigin(headers: Headers, portalUrl: string): boolean {
  return headers.get("origin") === new URL(portalUrl).origin;
}
