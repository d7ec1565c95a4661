import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";

/**
 * What a build on this machine needs from the machine: how to get out (proxies), whom to trust (CAs) and where packages
 * come from (npm's and pip's registry, Go's proxy). Everything else of the sandbox's own environment is withheld from children:
 * they run code that teams wrote.
 */
const PASSED_ON = new Set(
  [
    ["http_proxy", "https_proxy", "all_proxy", "no_proxy"],
    ["node_extra_ca_certs", "ssl_cert_file", "ssl_cert_dir", "git_ssl_cainfo", "curl_ca_bundle", "requests_ca_bundle"],
    ["pip_cert", "pip_index_url"],
    ["goproxy", "gosumdb", "gonosumdb", "gonoproxy", "goprivate", "goflags", "gomodcache", "gocache", "goenv"],
    [
      "registry",
      "ca",
      "cafile",
      "cache",
      "userconfig",
      "strict_ssl",
      "strict-ssl",
      "proxy",
      "https_proxy",
      "https-proxy",
    ]
      .concat(["noproxy"])
      .map((key) => `npm_config_${key}`),
  ].flat(),
);

/** `npm_config_@acme:registry`: the registry of one scope. */
const SCOPED_REGISTRY = /^npm_config_@[^:]+:registry$/i;

/** Loopback must never go through a proxy: it is where the sandbox itself is. */
const NEVER_PROXIED = "127.0.0.1,localhost,::1";

/**
 * Environment of a child process whose home is `home` (made if it isn't there). `parent` is the environment to take the
 * named settings from.
 *
 * npm and Go look for their caches and their settings under HOME, which is another one here; without naming the parent's,
 * each build would download everything again, or from the wrong registry.
 */
export function childEnvironment(home: string, parent: NodeJS.ProcessEnv = process.env): Record<string, string> {
  mkdirSync(home, { recursive: true });
  const environment: Record<string, string> = {
    PATH: [dirname(process.execPath), parent.PATH ?? "/usr/local/bin:/usr/bin:/bin"].join(delimiter),
    LANG: "C.UTF-8",
    TZ: "UTC",
    HOME: home,
  };
  for (const [key, value] of Object.entries(parent)) {
    if (value === undefined || value === "") continue;
    if (PASSED_ON.has(key.toLowerCase()) || SCOPED_REGISTRY.test(key)) environment[key] = value;
  }
  if (Object.keys(environment).some((key) => /^(https?|all)_proxy$/i.test(key))) {
    for (const key of ["NO_PROXY", "no_proxy"]) {
      environment[key] = [environment[key], NEVER_PROXIED].filter(Boolean).join(",");
    }
  }
  const given = (name: string) => Object.keys(environment).some((key) => key.toLowerCase() === name);
  if (!given("npm_config_cache")) environment.npm_config_cache = join(homedir(), ".npm");
  const userSettings = join(homedir(), ".npmrc");
  if (!given("npm_config_userconfig") && existsSync(userSettings)) environment.npm_config_userconfig = userSettings;
  // Where Go keeps them unless it is told: https://pkg.go.dev/cmd/go#hdr-Environment_variables
  const goSettings = join(homedir(), ".config/go/env");
  if (!given("goenv") && existsSync(goSettings)) environment.GOENV = goSettings;
  if (!given("gomodcache")) environment.GOMODCACHE = join(homedir(), "go/pkg/mod");
  if (!given("gocache")) environment.GOCACHE = join(homedir(), ".cache/go-build");
  return environment;
}
