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
}

/** The App's installation in the one organisation. */
export const INSTALLATION_ID = 5001;

export const botLogin = (options: GitHubOptions) => `${options.app.slug}[bot]`;
