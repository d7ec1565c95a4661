/**
 * Secrets that show by their form alone. Quantifiers have bounds, so that a hostile text takes linear time.
 * https://docs.github.com/en/code-security/reference/secret-security/supported-secret-scanning-patterns
 */
const FORMS: readonly [string, RegExp][] = [
  ["an access key of AWS", /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/],
  ["a private key", /-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY-----/],
  ["a token of GitHub", /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22})/],
  ["a token of Slack", /\bxox[abprs]-[A-Za-z0-9-]{10}/],
  ["a key of Stripe", /\b[sr]k_live_[A-Za-z0-9]{16}/],
  ["a key of Google", /\bAIza[\w-]{35}/],
  ["a token of npm", /\bnpm_[A-Za-z0-9]{36}/],
  [
    "a password in an address",
    /\b[a-z][a-z+]{1,15}:\/\/[^\s:/@"'`$<{]{1,80}:[^\s:/@"'`$<{]{1,80}@(?!localhost|127\.|example)/,
  ],
];

/** What kind of secret a text holds, by its form. Examples of AWS's documentation are none. */
export function secretForm(text: string): string | undefined {
  return FORMS.find(([, form]) => {
    const [match] = form.exec(text) ?? [];
    return match !== undefined && !match.includes("EXAMPLE");
  })?.[0];
}

const PASSWORD = /pass(word|wd|phrase)$|pwd$/i;
const OTHER = /(secret|token|api[-_]?key|private[-_]?key|access[-_]?key|credentials?|connection[-_]?string)$/i;
const PLACEHOLDER = /^(change[-_]?me|todo|none|null|undefined|true|false|x+|\*+|<.*|…|\.{3}|\$.*|\{.*|%.*)$/i;

/** Whether what is called so is a secret: `DB_PASSWORD` is, `PASSWORD_LENGTH` and `SECRET_ARN` aren't. */
export const isSecretName = (name: string): boolean => PASSWORD.test(name) || OTHER.test(name);

/** Whether a value of that name is the secret itself, not the ARN or path by which it is fetched, or a stand-in. */
export function isSecretValue(name: string, value: string): boolean {
  if (!isSecretName(name) || value === "" || PLACEHOLDER.test(value)) return false;
  if (/\s|^arn:|^\/|\{\{|\$\{/.test(value)) return false;
  if (PASSWORD.test(name)) return true;
  // A short or speaking text is a name: `orders/db`, `session-token`.
  return value.length >= 12 && /\d/.test(value) && !/secret|token|key/i.test(value);
}
