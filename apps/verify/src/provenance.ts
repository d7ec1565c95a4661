/** What is known of how an artifact came to be. Source: https://slsa.dev/spec/v1.0/provenance */
export interface Build {
  readonly service: string;
  /** `acme/orders` */
  readonly repository: string;
  /** Full sha. */
  readonly commit: string;
  /** `sha256` of what was built, in hexadecimal digits. */
  readonly digest: string;
  /** Of the pipeline. */
  readonly execution: string;
  /** ARN of the build in which this is said. */
  readonly builder: string;
  readonly at: Date;
}

const TYPE = "application/vnd.in-toto+json";

/** The statement of in-toto that SLSA's provenance is: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
export function statementOf({ service, repository, commit, digest, execution, builder, at }: Build): object {
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: service, digest: { sha256: digest } }],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: "https://turnpike.dev/service-pipeline/v1",
        externalParameters: { repository, commit },
        resolvedDependencies: [{ uri: `git+https://github.com/${repository}`, digest: { gitCommit: commit } }],
      },
      runDetails: {
        builder: { id: builder },
        metadata: { invocationId: execution, finishedOn: at.toISOString() },
      },
    },
  };
}

/** What is signed of a payload: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md */
export function preAuthenticated(payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${TYPE.length} ${TYPE} ${payload.length} `), payload]);
}

/** A statement in DSSE's envelope, signed by whoever holds the key. */
export async function signed(
  statement: object,
  keyId: string,
  sign: (message: Uint8Array) => Promise<Uint8Array>,
): Promise<object> {
  const payload = Buffer.from(JSON.stringify(statement));
  const signature = Buffer.from(await sign(preAuthenticated(payload)));
  return {
    payloadType: TYPE,
    payload: payload.toString("base64"),
    signatures: [{ keyid: keyId, sig: signature.toString("base64") }],
  };
}
