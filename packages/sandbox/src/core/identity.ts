/** Who signed a request: a long-lived key of an account, or the session of an assumed role. */
export interface Caller {
  readonly account: string;
  /** `arn:aws:iam::111111111111:user/sandbox`, `arn:aws:sts::222222222222:assumed-role/reader/session`. */
  readonly arn: string;
  readonly accessKeyId: string;
  /** Of a session: the role itself, with its path (which `arn` leaves out). */
  readonly roleArn?: string;
  readonly sourceIdentity?: string;
  /** Of an IAM user's access key: the user's name. A key of the account itself has none, and may everything. */
  readonly user?: string;
  /** Policies that were given when the session was begun; it may at most what they allow. */
  readonly sessionPolicies?: readonly string[];
  /** `aws:PrincipalTag/…`: of the session. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Keys of those tags that go on to the roles that the session assumes. */
  readonly transitiveTagKeys?: readonly string[];
  /** Set when a service acts by itself, in process: its principal, `codepipeline.amazonaws.com`. */
  readonly service?: string;
  /** For what the service acts (a rule, a topic): `aws:SourceArn` in a resource's policy. */
  readonly sourceArn?: string;
  /** In whose account the service acts: `aws:SourceAccount`. */
  readonly sourceAccount?: string;
}

/** One thing that a request needs permission for. */
export interface Need {
  /** `s3:GetObject` */
  readonly action: string;
  /** Its ARN; `*` for an action that knows no resource. Left out where it isn't known: any resource of a policy matches. */
  readonly resource?: string | undefined;
  /** Condition keys in lower case, beyond those that follow from the caller, the time and the region. */
  readonly conditions?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The resource's own policy, where it has one, and the account that it belongs to. */
  readonly policy?: string | undefined;
  readonly owner?: string;
  /** The resource's policy has to allow it whatever the identity's says: a key's, a role's trust. */
  readonly policyDecides?: boolean;
}

/** What an account's IAM says of a role or a user. */
export interface Identity {
  readonly arn: string;
  readonly policies: readonly string[];
  /** Document of the permissions boundary, where there is one. */
  readonly boundary?: string | undefined;
  readonly boundaryArn?: string | undefined;
  /** Of a role: who may assume it. */
  readonly trustPolicy?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Reads identities as they are in force; the service that keeps them (IAM) gives it. Undefined for one that isn't there. */
export interface IdentitySource {
  role(account: string, name: string): Identity | undefined;
  user(account: string, name: string): Identity | undefined;
  /** A role or user as it is on record, in force or not: what IAM's own operations act on. */
  resource(account: string, kind: "role" | "user", name: string): Pick<Identity, "arn" | "boundaryArn"> | undefined;
}

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface UserKeyRecord extends AccessKey {
  /** `arn:aws:iam::222222222222:user/alice` */
  readonly userArn: string;
  readonly createdAt: string;
  readonly isActive: boolean;
}

/** Access keys of IAM users. Whether a user may have one was decided before. */
export interface UserKeys {
  create(userArn: string): UserKeyRecord;
  list(userArn: string): UserKeyRecord[];
  setActive(accessKeyId: string, isActive: boolean): void;
  delete(accessKeyId: string): void;
}
