import { createAppAuth } from "@octokit/auth-app";
import { RepositoryHostError } from "@turnpike/domain/scaffolding";
import { Octokit } from "octokit";

export interface GitHubSettings {
  /** `https://api.github.com` */
  readonly apiUrl: string;
  /** `https://github.com` */
  readonly url: string;
  readonly appId: number;
  /** PEM. */
  readonly privateKey: string;
  /** Longest wait for one answer, in milliseconds. Default 15,000. */
  readonly deadlineMs?: number;
}

export interface GitHub {
  readonly settings: GitHubSettings;
  readonly deadlineMs: number;
  /**
   * A client that acts as the App's installation in an organisation. `fresh`: one that knows nothing of the last, because
   * the host refused its token (it was revoked, or the App was installed anew).
   */
  installation(owner: string, fresh?: boolean): Promise<Octokit>;
  /**
   * `Authorization` value for git over HTTP, kept until shortly before it ends; never put in argv or a URL. `fresh`: a
   * new one, because the host refused the one kept. Raises `RepositoryHostError`.
   */
  gitAuthorization(owner: string, fresh?: boolean): Promise<string>;
  /** The login under which this App acts in an organisation: `turnpike[bot]`. */
  ownLogin(owner: string): Promise<string>;
}

interface Installation {
  readonly octokit: Octokit;
  readonly login: string;
}

/**
 * GitHub as Turnpike's App. Octokit's retries are off: a POST that is sent again after its answer was lost reports
 * "already exists" for what it has just made; whoever calls looks it up instead.
 */
export function createGitHub(settings: GitHubSettings): GitHub {
  const deadlineMs = settings.deadlineMs ?? 15_000;
  const auth = { appId: settings.appId, privateKey: settings.privateKey };
  const fetchInTime: typeof fetch = (input, init) =>
    fetch(input, {
      ...init,
      signal: AbortSignal.any([AbortSignal.timeout(deadlineMs), ...(init?.signal ? [init.signal] : [])]),
    });
  const common = {
    baseUrl: settings.apiUrl,
    userAgent: "turnpike",
    retry: { enabled: false },
    throttle: { enabled: false },
    request: { fetch: fetchInTime },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  };
  const app = new Octokit({ ...common, authStrategy: createAppAuth, auth });
  const installations = new Map<string, Promise<Installation>>();

  function find(owner: string, fresh: boolean): Promise<Installation> {
    const known = installations.get(owner);
    if (known && !fresh) return known;
    const finding = app.rest.apps.getOrgInstallation({ org: owner }).then(({ data }) => ({
      login: `${data.app_slug}[bot]`,
      octokit: new Octokit({ ...common, authStrategy: createAppAuth, auth: { ...auth, installationId: data.id } }),
    }));
    installations.set(owner, finding);
    finding.catch(() => {
      if (installations.get(owner) === finding) installations.delete(owner);
    });
    return finding;
  }

  return {
    settings,
    deadlineMs,
    installation: async (owner, fresh = false) => (await find(owner, fresh)).octokit,
    ownLogin: async (owner) => (await find(owner, false)).login,
    async gitAuthorization(owner, fresh = false) {
      try {
        const { octokit } = await find(owner, fresh);
        const { token } = (await octokit.auth({ type: "installation" })) as { token: string };
        return `Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;
      } catch (error) {
        throw new RepositoryHostError(`give Turnpike's App a token for ${owner}`, { cause: error });
      }
    },
  };
}
