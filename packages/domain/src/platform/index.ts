export {
  type AccountDocument,
  type AnyDocument,
  accountDocument,
  type PlatformDocument,
  platformDocument,
  type ReleaseDocument,
  type RepositoryDocument,
  releaseDocument,
  releasePath,
  repositoryDocument,
  type ServiceDocument,
  serviceDocument,
  type TeamDocument,
  teamDocument,
} from "./documents.ts";
export { StandardsUnpublishedError } from "./errors.ts";
export { type DocumentProblem, parseDocument } from "./parse-document.ts";
export type { CommitRequest, FileChange, PlatformRepository, Verifier, VerifierFacts } from "./ports.ts";
export { findAccount, listProblems } from "./read-platform.ts";
export { findStandards, publishStandards, runningCommits } from "./standards.ts";
export type { Intent, IntentStore, PlatformStore, StoredDocument } from "./store.ts";
export { type SyncPlatformDeps, syncPlatform } from "./sync-platform.ts";
export { type WriteIntentsDeps, writeIntents } from "./write-intents.ts";
