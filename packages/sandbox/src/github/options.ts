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
  /** For tests: asked once for each request of the REST API; git's own requests never fail by it. */
  readonly fault?: (request: { readonly method: string; readonly path: string }) => Fault | undefined;
}

/** `before`: nothing was done. `after`: everything was done, and only the answer is lost. */
interface Fault {
  readonly at: "before" | "after";
  /** 502 */
  readonly status: number;
}

/** The App's installation in the one organisation. */
export const INSTALLATION_ID = 5001;

export const botLogin = (options: GitHubOptions) => `${options.app.slug}[bot]`;
