/** Plain HTML for people: no scripts, nothing to change, everything escaped unless it is `Html` already. */

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const escapeText = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

type Value = Html | readonly Html[] | string | number;

function textOf(value: Value): string {
  if (value instanceof Html) return value.text;
  if (typeof value === "string" || typeof value === "number") return escapeText(String(value));
  return value.map(({ text }) => text).join("");
}

/** A template whose values are escaped. */
export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(
    strings.map((part, index) => `${part}${index < values.length ? textOf(values[index] ?? "") : ""}`).join(""),
  );
}

const STYLE = new Html(`
  :root { color-scheme: light dark; --line: light-dark(#d9dae0, #33343c); --page: light-dark(#fafafb, #0f1014);
    --card: light-dark(#fff, #17181d); --text: light-dark(#17181d, #ededf0); --quiet: light-dark(#5c5e69, #a2a4b0);
    --accent: light-dark(#4446c8, #9b9df5); }
  body { margin: 0; background: var(--page); color: var(--text); font: 14px/1.5 system-ui, sans-serif; }
  header, main { max-width: 60rem; margin: 0 auto; padding: 16px; }
  header { color: var(--quiet); }
  h1 { font-size: 20px; margin: 0 0 8px; } h2 { font-size: 14px; margin: 32px 0 8px; }
  a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
  a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
  code, pre { font-family: ui-monospace, monospace; font-size: 13px; }
  pre, ul { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
  pre { overflow-x: auto; padding: 12px; margin: 0; tab-size: 4; }
  ul { list-style: none; padding: 0; margin: 0; } li { padding: 8px 12px; overflow-wrap: anywhere; }
  li + li { border-top: 1px solid var(--line); } .quiet { color: var(--quiet); }`);

export interface Crumb {
  readonly label: string;
  readonly href: string;
}

/** A whole page. */
export function page(title: string, crumbs: readonly Crumb[], body: Html): string {
  const trail = crumbs.map(({ label, href }, index) => html`${index > 0 ? " / " : ""}<a href="${href}">${label}</a>`);
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title} · GitHub in the sandbox</title><style>${STYLE}</style></head>
<body><header>GitHub in the sandbox · ${trail}</header><main>${body}</main></body></html>`.text;
}

/** A list, or what to say instead of an empty one. */
export function list(items: readonly Html[], empty: string): Html {
  if (items.length === 0) return html`<p class="quiet">${empty}</p>`;
  return html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`;
}
