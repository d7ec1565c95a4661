/** What the sandbox's caller says of GitHub. */
export interface GitHubOptions {
  readonly organisation: string;
  readonly app: {
    readonly id: number;
    readonly slug: string;
    /** PEM; the sandbox uses its public half. */
    readonly privateKey: string;
    readonly webhookSecret: string;
    readonly webhookUrl: string;
  };
  /** Whether GitHub's rate limits are enforced. Left out: they are counted and told, and nothing is refused for them. */
  readonly rateLimits?: boolean;
}

/** The App's installation in the one organisation. */
export const INSTALLATION_ID = 5001;

export const botLogin = (options: GitHubOptions) => `${options.app.slug}[bot]`;
