/**
 * What a source action writes for `OutputArtifactFormat: CODEBUILD_CLONE_REF` in place of a ZIP: the commit that
 * CodeBuild clones. AWS doesn't document its own form; only CodePipeline writes it and only CodeBuild reads it.
 */
export interface CloneReference {
  /** `acme/orders` */
  readonly repository: string;
  readonly commit: string;
  readonly branch: string;
  readonly connectionArn: string;
}

export const writeCloneReference = (reference: CloneReference): Uint8Array =>
  Buffer.from(JSON.stringify({ reference }));

/** Undefined when `bytes` are something else. */
export function parseCloneReference(bytes: Uint8Array): CloneReference | undefined {
  if (bytes.length > 10_000) return undefined;
  try {
    const { reference } = JSON.parse(Buffer.from(bytes).toString()) as { reference?: CloneReference };
    return reference && /^[0-9a-f]{40}$/.test(reference.commit) ? reference : undefined;
  } catch {
    return undefined;
  }
}
