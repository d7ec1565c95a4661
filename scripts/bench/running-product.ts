import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { spawnProduct } from "../product/spawn.ts";

export interface RunningProduct {
  readonly portalUrl: string;
  readonly home: string;
}

/** Starts the whole product from an empty folder on free ports, runs `work`, and stops and removes it. */
export async function withProduct(work: (product: RunningProduct) => Promise<void>): Promise<void> {
  const home = mkdtempSync(path.join(tmpdir(), "turnpike-bench-"));
  try {
    const { portalUrl, stop } = await spawnProduct(home);
    try {
      await work({ portalUrl, home });
    } finally {
      await stop();
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Cookies by origin, as a browser keeps them. */
class Jar {
  readonly #cookies = new Map<string, Map<string, string>>();

  header(url: URL): string {
    return [...(this.#cookies.get(url.origin) ?? [])].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  keep(url: URL, response: Response): void {
    const cookies = this.#cookies.get(url.origin) ?? new Map<string, string>();
    this.#cookies.set(url.origin, cookies);
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const at = pair.indexOf("=");
      cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }
}

/** Signs a person of the sandbox in, and returns what asks the portal as them. */
export async function signIn({ portalUrl }: RunningProduct, login: string) {
  const jar = new Jar();
  let url = new URL("/sign-in/start", portalUrl);
  let init: RequestInit = {};
  for (let hop = 0; hop < 15; hop++) {
    const response = await fetch(url, {
      ...init,
      redirect: "manual",
      headers: { ...init.headers, cookie: jar.header(url) },
    });
    jar.keep(url, response);
    const location = response.headers.get("location");
    if (location) {
      url = new URL(location, url);
      init = {};
      if (url.href === `${portalUrl}/`) break;
      continue;
    }
    const action = /action="([^"]+)"/.exec(await response.text())?.[1];
    if (!action) throw new Error(`The sign-in ended at ${url.href} with ${response.status}.`);
    url = new URL(action, url);
    init = {
      method: "POST",
      body: new URLSearchParams({ login }).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    };
  }
  const cookie = jar.header(new URL(portalUrl));
  return (path: string, body?: object): Promise<Response> =>
    fetch(new URL(path, portalUrl), {
      method: body ? "POST" : "GET",
      headers: { cookie, origin: portalUrl, ...(body ? { "content-type": "application/json" } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
}
