export {
  type AccountDocument,
  type AnyDocument,
  accountDocument,
  type PlatformDocument,
  platformDocument,
  type ReleaseDocument,
  releaseDocument,
  type ServiceDocument,
  serviceDocument,
  type TeamDocument,
  teamDocument,
} from "./documents.ts";
export type { CommitRequest, FileChange, PlatformRepository } from "./ports.ts";
