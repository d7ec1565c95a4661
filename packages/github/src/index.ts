export { createGitHub, type GitHub, type GitHubSettings } from "./client.ts";
export { createPlatformRepository } from "./platform-repository.ts";
export { createRepositoryHost } from "./repository-host.ts";
export { createSources } from "./sources.ts";
export { verifyDelivery } from "./webhooks.ts";
