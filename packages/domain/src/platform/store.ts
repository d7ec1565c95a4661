import type { AnyDocument } from "./documents.ts";
import type { DocumentProblem } from "./parse-document.ts";
import type { FileChange } from "./ports.ts";

export interface StoredDocument<D extends AnyDocument = AnyDocument> {
  readonly path: string;
  /** Full sha of the commit at which it was read. */
  readonly commit: string;
  readonly document: D;
}

type KindOf<K extends AnyDocument["kind"]> = Extract<AnyDocument, { kind: K }>;

/** The read model of the platform repository. */
export interface PlatformStore {
  /** Full sha up to which the repository has been read. */
  head(): Promise<string | undefined>;
  /**
   * Takes over what a newer commit says, in one transaction: valid documents replace, removed ones go, an invalid
   * one is listed as a problem and leaves its last valid version in force.
   */
  apply(read: {
    head: string;
    at: Date;
    valid: readonly { path: string; document: AnyDocument }[];
    removed: readonly string[];
    problems: readonly DocumentProblem[];
  }): Promise<void>;
  find<K extends AnyDocument["kind"]>(kind: K, name: string): Promise<StoredDocument<KindOf<K>> | undefined>;
  list<K extends AnyDocument["kind"]>(kind: K): Promise<StoredDocument<KindOf<K>>[]>;
  problems(): Promise<(DocumentProblem & { commit: string })[]>;
}

export interface Intent {
  readonly id: string;
  readonly change: FileChange;
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
  /** When true, a path that exists already is a conflict. */
  readonly creates: boolean;
  readonly createdAt: Date;
}

/** Decisions on their way to the platform repository. They are added by the stores of the slices that decide. */
export interface IntentStore {
  /** In the order in which they were accepted. */
  waiting(limit: number): Promise<Intent[]>;
  committed(results: readonly { id: string; commit: string }[], at: Date): Promise<void>;
  conflicting(id: string, reason: string): Promise<void>;
}
