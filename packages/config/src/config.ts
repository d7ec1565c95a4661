import { z } from "zod";

const url = z.url({ protocol: /^https?$/ }).transform((value) => value.replace(/\/+$/, ""));
const secret = z.string().min(16, "at least 16 characters");
const repository = z.string().regex(/^[\w.-]+\/[\w.-]+$/, "owner/name");

const environment = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  PORTAL_URL: url,
  AUTH_SECRET: secret,
  OIDC_ISSUER: url,
  OIDC_CLIENT_ID: z.string().min(1),
  OIDC_CLIENT_SECRET: secret,
  GITHUB_API_URL: url.default("https://api.github.com"),
  GITHUB_URL: url.default("https://github.com"),
  GITHUB_APP_ID: z.string().regex(/^\d+$/, "a number").transform(Number),
  GITHUB_APP_PRIVATE_KEY_FILE: z.string().min(1),
  GITHUB_WEBHOOK_SECRET: secret,
  PLATFORM_REPOSITORY: repository,
  TURNPIKE_DATA_DIR: z.string().min(1),
  TEMPLATES_DIR: z.string().min(1),
  PIPELINE_TEMPLATE: z.string().min(1),
  VERIFIER_FILE: z.string().min(1),
  ADVISORIES_FILE: z.string().min(1).optional(),
  READER_EXTERNAL_ID: secret,
  AWS_REGION: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "a region such as eu-west-1"),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

export interface Config {
  readonly databaseUrl: string;
  readonly portalUrl: string;
  readonly authSecret: string;
  readonly oidc: { readonly issuer: string; readonly clientId: string; readonly clientSecret: string };
  readonly github: {
    readonly apiUrl: string;
    readonly url: string;
    readonly appId: number;
    readonly privateKeyFile: string;
    readonly webhookSecret: string;
  };
  /** `acme/platform` */
  readonly platformRepository: string;
  /** Mirrors and rendered templates: a cache that may be deleted. */
  readonly dataDir: string;
  readonly templatesDir: string;
  /** Path of the CloudFormation template of one service's pipeline. */
  readonly pipelineTemplate: string;
  /** Path of what judges services in their pipelines: `apps/verify`, bundled. */
  readonly verifierFile: string;
  /** Path of what is known against components, as `npm run advisories` writes it; it needn't be there. */
  readonly advisoriesFile: string | undefined;
  readonly readerExternalId: string;
  readonly region: string;
  readonly logLevel: "debug" | "info" | "warn" | "error";
}

/** The environment lacks something, or something in it is malformed. Names every key, and no value. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(`Turnpike can't start with this environment:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.name = "ConfigError";
  }
}

/**
 * Reads the settings of a process from its environment, once, at its start.
 *
 * @throws ConfigError naming every key that is missing or malformed
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map((issue) => {
        const key = issue.path.join(".");
        return env[key] === undefined ? `${key} is missing` : `${key} is malformed: ${issue.message}`;
      }),
    );
  }
  const e = parsed.data;
  return {
    databaseUrl: e.DATABASE_URL,
    portalUrl: e.PORTAL_URL,
    authSecret: e.AUTH_SECRET,
    oidc: { issuer: e.OIDC_ISSUER, clientId: e.OIDC_CLIENT_ID, clientSecret: e.OIDC_CLIENT_SECRET },
    github: {
      apiUrl: e.GITHUB_API_URL,
      url: e.GITHUB_URL,
      appId: e.GITHUB_APP_ID,
      privateKeyFile: e.GITHUB_APP_PRIVATE_KEY_FILE,
      webhookSecret: e.GITHUB_WEBHOOK_SECRET,
    },
    platformRepository: e.PLATFORM_REPOSITORY,
    dataDir: e.TURNPIKE_DATA_DIR,
    templatesDir: e.TEMPLATES_DIR,
    pipelineTemplate: e.PIPELINE_TEMPLATE,
    verifierFile: e.VERIFIER_FILE,
    advisoriesFile: e.ADVISORIES_FILE,
    readerExternalId: e.READER_EXTERNAL_ID,
    region: e.AWS_REGION,
    logLevel: e.LOG_LEVEL,
  };
}
