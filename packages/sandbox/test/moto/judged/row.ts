/** A way in which the sandbox and moto differ, and what AWS's documentation says of it. */
export interface Judged {
  /** Of the bench: `s3`, `sqs fifo`. */
  readonly scenario: string;
  /** An operation's name. Left out: any. */
  readonly operation?: string;
  /** The differences to the last character; a pattern where a value is new each time, over the whole of the text. */
  readonly differs: readonly (string | RegExp)[];
  /** How often a run sees them, all together. Left out: each once. */
  readonly times?: number;
  readonly sandbox: string;
  readonly moto: string;
  /** `sandbox`: AWS's documentation says what the sandbox does. `moto`: a gap of the sandbox. */
  readonly judge: "sandbox" | "moto";
  readonly source: string;
}

/** A page of AWS's documentation. */
export const page = (service: string, name: string) => `https://docs.aws.amazon.com/${service}/${name}.html`;
