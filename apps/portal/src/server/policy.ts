/**
 * The content security policy of a page. Scripts run by nonce alone and nothing is evaluated; styles may be inline,
 * because charts and waterfalls place things by `style`.
 *
 * @param development React's development build evaluates code to rebuild stacks
 */
export function policy(nonce: string, development: boolean): string {
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ""}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}
