import { people } from "./people.ts";

const STYLE = `
  :root { color-scheme: light dark; --line: light-dark(#d9dae0, #33343c); --page: light-dark(#fafafb, #0f1014);
    --card: light-dark(#fff, #17181d); --text: light-dark(#17181d, #ededf0); --quiet: light-dark(#5c5e69, #a2a4b0); --accent: light-dark(#4446c8, #9b9df5); }
  * { box-sizing: border-box; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 16px; background: var(--page); color: var(--text); font: 14px/1.5 system-ui, sans-serif; }
  main { width: 100%; max-width: 400px; }
  h1 { font-size: 20px; margin: 0 0 4px; } p { margin: 0 0 24px; color: var(--quiet); }
  form { display: grid; gap: 8px; }
  button { display: grid; text-align: left; padding: 12px 16px; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 8px; cursor: pointer; }
  button:hover { border-color: var(--accent); }
  button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  button span { color: var(--quiet); font-size: 13px; }`;

const shell = (title: string, body: string) => `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style></head><body><main>${body}</main></body></html>`;

/** Where a person says who they are: a button each. `uid` names the interaction and comes from the provider itself. */
export function loginPage(uid: string): string {
  const buttons = people.map(
    ({ login, email, about }) =>
      `<button name="login" value="${login}">Continue as ${email} <span>${about}</span></button>`,
  );
  return shell(
    "Sign in to the sandbox",
    `<h1>Who are you?</h1><p>The sandbox's identity provider has four people, and no passwords.</p>
<form method="post" action="/interaction/${encodeURIComponent(uid)}">${buttons.join("\n")}</form>`,
  );
}

/** Asks whether to sign out. `form` is the provider's own, which carries its token against forged requests. */
export function signOutPage(form: string): string {
  return shell(
    "Sign out",
    `<h1>Sign out of the sandbox?</h1><p>You can sign in again as anyone.</p>${form}
<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`,
  );
}

export function signedOutPage(): string {
  return shell("Signed out", "<h1>You are signed out</h1><p>You may close this page.</p>");
}

export function errorPage(message: string): string {
  const text = message.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  return shell("Sign-in failed", `<h1>Sign-in failed</h1><p>${text} Nothing was changed. Go back and start again.</p>`);
}
