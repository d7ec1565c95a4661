import { randomBytes, timingSafeEqual } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { RandomSource, SandboxClock } from "./context.ts";
import type { AccessKey, Caller, UserKeyRecord, UserKeys } from "./identity.ts";
import type { Store } from "./store.ts";

interface SessionKey extends AccessKey {
  readonly sessionToken: string;
  readonly expiration: Date;
}

/** What temporary credentials stand for. */
interface SessionRequest {
  /** `arn:aws:iam::222222222222:role/turnpike-reader` */
  readonly roleArn: string;
  readonly sessionName: string;
  readonly sourceIdentity?: string | undefined;
  /** What the session may at most, beside its role. */
  readonly policies?: readonly string[] | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly transitiveTagKeys?: readonly string[] | undefined;
  readonly durationMs: number;
}

interface SessionRecord {
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly account: string;
  readonly roleArn: string;
  /** ARN of the assumed role's session. */
  readonly arn: string;
  readonly sourceIdentity?: string | undefined;
  readonly policies?: readonly string[] | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly transitiveTagKeys?: readonly string[] | undefined;
  readonly expiresAtMs: number;
}

/** What the keeper of keys says about an access key; the wire layer turns a refusal into each protocol's own error. */
type KeyVerdict =
  | { readonly kind: "known"; readonly caller: Caller; readonly secretAccessKey: string }
  | { readonly kind: "unknown" }
  /** The key is known, its session token isn't the one that came with it; or a long-lived key came with one. */
  | { readonly kind: "token" }
  | { readonly kind: "expired" };

export interface Credentials {
  /** The long-lived key of an account; made when it is first asked for. */
  ofAccount(account: string): AccessKey;
  /** Temporary credentials of a role; whether the caller may have them was decided before. */
  issueSession(request: SessionRequest): SessionKey;
  readonly userKeys: UserKeys;
  /** Who an access key (and its session token) belongs to. */
  lookUp(accessKeyId: string, sessionToken: string | undefined): KeyVerdict;
}

/** Sessions stay for a while after they expired, so that a caller is told "expired" and not "unknown". */
const REMEMBER_EXPIRED_MS = 24 * 3600 * 1000;

/** `arn:aws:sts::222222222222:assumed-role/turnpike-reader/session` of a role's ARN (which may have a path). */
export function sessionArn(roleArn: string, sessionName: string): { account: string; arn: string } {
  const [, , , , account = "", resource = ""] = roleArn.split(":");
  return { account, arn: `arn:aws:sts::${account}:assumed-role/${resource.split("/").at(-1)}/${sessionName}` };
}

/**
 * Keys of this sandbox. An account's key id is derived from the account, its secret is made at random on first use and
 * kept in `file`, readable by its owner alone. Sessions are rows of `store`, so that they survive a restart.
 */
export function openCredentials(file: string, store: Store, clock: SandboxClock, random: RandomSource): Credentials {
  const secrets = readSecrets(file);
  const sessions = store.collection<SessionRecord>("sessions");
  const userKeys = store.collection<UserKeyRecord>("user keys");
  const keyIdOf = (account: string) => `AKIA${account}0000`;

  const forgetOldSessions = () => {
    const limitMs = clock.now().getTime() - REMEMBER_EXPIRED_MS;
    for (const { key, value } of sessions.list()) if (value.expiresAtMs < limitMs) sessions.delete(key);
  };

  return {
    ofAccount(account) {
      const known = secrets[account];
      if (known) return { accessKeyId: keyIdOf(account), secretAccessKey: known };
      if (!/^\d{12}$/.test(account)) throw new Error(`"${account}" isn't an AWS account id: it has 12 digits.`);
      const secretAccessKey = randomBytes(30).toString("base64");
      secrets[account] = secretAccessKey;
      writeSecrets(file, secrets);
      return { accessKeyId: keyIdOf(account), secretAccessKey };
    },
    userKeys: {
      create(userArn) {
        const accessKeyId = `AKIA${random.token(16)}`;
        const secretAccessKey = randomBytes(30).toString("base64");
        const key = { accessKeyId, secretAccessKey, userArn, createdAt: clock.now().toISOString(), isActive: true };
        userKeys.put(accessKeyId, key);
        return key;
      },
      list: (userArn) =>
        userKeys
          .list()
          .map(({ value }) => value)
          .filter((key) => key.userArn === userArn),
      setActive(accessKeyId, isActive) {
        const key = userKeys.get(accessKeyId);
        if (key) userKeys.put(accessKeyId, { ...key, isActive });
      },
      delete(accessKeyId) {
        userKeys.delete(accessKeyId);
      },
    },
    issueSession({ roleArn, sessionName, sourceIdentity, policies, tags, transitiveTagKeys, durationMs }) {
      forgetOldSessions();
      const accessKeyId = `ASIA${random.token(16)}`;
      const secretAccessKey = randomBytes(30).toString("base64");
      const sessionToken = randomBytes(96).toString("base64");
      const expiresAtMs = clock.now().getTime() + durationMs;
      const who = sessionArn(roleArn, sessionName);
      sessions.put(accessKeyId, {
        secretAccessKey,
        sessionToken,
        roleArn,
        ...who,
        sourceIdentity,
        policies,
        tags,
        transitiveTagKeys,
        expiresAtMs,
      });
      return { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(expiresAtMs) };
    },
    lookUp(accessKeyId, sessionToken) {
      const account = /^AKIA(\d{12})0000$/.exec(accessKeyId)?.[1];
      if (account) {
        const secretAccessKey = secrets[account];
        if (!secretAccessKey) return { kind: "unknown" };
        if (sessionToken !== undefined) return { kind: "token" };
        const arn = `arn:aws:iam::${account}:user/sandbox`;
        return { kind: "known", caller: { account, arn, accessKeyId }, secretAccessKey };
      }
      const userKey = accessKeyId.startsWith("AKIA") ? userKeys.get(accessKeyId) : undefined;
      if (userKey?.isActive) {
        const { userArn: arn, secretAccessKey } = userKey;
        const [, , , , owner = ""] = arn.split(":");
        const caller = { account: owner, arn, user: arn.split("/").at(-1) ?? "", accessKeyId };
        return { kind: "known", caller, secretAccessKey };
      }
      const session = sessions.get(accessKeyId);
      if (!session || sessionToken === undefined) return { kind: "unknown" };
      if (!sameText(session.sessionToken, sessionToken)) return { kind: "token" };
      if (session.expiresAtMs <= clock.now().getTime()) return { kind: "expired" };
      const { account: owner, arn, roleArn, sourceIdentity, policies, tags, transitiveTagKeys } = session;
      const caller = {
        account: owner,
        arn,
        roleArn,
        accessKeyId,
        ...(sourceIdentity ? { sourceIdentity } : {}),
        ...(policies?.length ? { sessionPolicies: policies } : {}),
        ...(tags ? { tags } : {}),
        ...(transitiveTagKeys?.length ? { transitiveTagKeys } : {}),
      };
      return { kind: "known", caller, secretAccessKey: session.secretAccessKey };
    },
  };
}

/** Compares without telling by its duration how much of a secret was right. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function readSecrets(file: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new Error(`The sandbox's access keys in ${file} can't be read. Nothing was started.`, { cause: error });
  }
}

function writeSecrets(file: string, secrets: Record<string, string>) {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.new`;
  writeFileSync(draft, JSON.stringify(secrets, null, 2), { mode: 0o600 });
  renameSync(draft, file);
}
