import type * as sdk from "@aws-sdk/client-secrets-manager";
import type { SecretListEntry, Tag } from "@aws-sdk/client-secrets-manager";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import { parsePolicy } from "../../core/policy.ts";
import type { Operations } from "../../core/service.ts";
import { timersOf } from "./rotation.ts";
import {
  accessDay,
  forget,
  invalidParameter,
  markedForDeletion,
  openSecret,
  type SecretRecord,
  secretsOf,
  stagesOf,
} from "./secrets.ts";
import { readValue } from "./values.ts";

const DAY_MS = 86_400_000;
const WINDOW = { from: 7, to: 30 };
const PAGE = 100;

function save(home: Context, secret: SecretRecord, change: Partial<SecretRecord>) {
  const current = secretsOf(home).get(secret.name) ?? secret;
  secretsOf(home).put(secret.name, { ...current, ...change });
  return { ARN: secret.arn, Name: secret.name };
}

/** What describing and listing show alike. */
function show(secret: SecretRecord) {
  const { rotation } = secret;
  const date = (atMs: number | undefined) => (atMs === undefined ? undefined : new Date(atMs));
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description || undefined,
    KmsKeyId: secret.keyId,
    CreatedDate: new Date(secret.createdAtMs),
    LastChangedDate: new Date(secret.changedAtMs),
    LastAccessedDate: secret.accessedAtMs === undefined ? undefined : accessDay(secret.accessedAtMs),
    DeletedDate: date(secret.deletedAtMs),
    Tags: secret.tags ? [...secret.tags] : undefined,
    ...(rotation
      ? {
          RotationEnabled: rotation.enabled,
          RotationLambdaARN: rotation.lambdaArn,
          RotationRules: rotation.rules,
          LastRotatedDate: date(rotation.lastRotatedAtMs),
          NextRotationDate: rotation.enabled ? date(rotation.nextAtMs) : undefined,
        }
      : {}),
  };
}

/** Filters that begin with `!` leave out what they match. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html */
function matches(secret: SecretRecord, filters: readonly sdk.Filter[]): boolean {
  const tags = secret.tags ?? [];
  return filters.every(({ Key, Values = [] }) => {
    const fields: Record<string, readonly (string | undefined)[]> = {
      name: [secret.name],
      description: [secret.description],
      "tag-key": tags.map((tag) => tag.Key),
      "tag-value": tags.map((tag) => tag.Value),
      all: [secret.name, secret.description, ...tags.flatMap((tag) => [tag.Key, tag.Value])],
    };
    const texts = fields[Key ?? ""];
    if (!texts) {
      throw new AwsError("NotImplemented", `sandbox: Secrets Manager filter ${Key} is not implemented`, {
        status: 501,
      });
    }
    const begins = (value: string) => texts.some((text) => text?.startsWith(value));
    return Values.some((value) => (value.startsWith("!") ? !begins(value.slice(1)) : begins(value)));
  });
}

/**
 * In realistic mode a list shows so late what was made or deleted; AWS says that it may be five minutes.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html
 */
const LIST_LATE_MS = 20_000;

function listed(context: Context, filters: readonly sdk.Filter[] = []): SecretRecord[] {
  const asOfMs = context.clock.now().getTime() - (context.clock.isRealistic ? LIST_LATE_MS : 0);
  return secretsOf(context)
    .list()
    .map(({ value }) => value)
    .filter((secret) => secret.createdAtMs <= asOfMs && matches(secret, filters))
    .map(({ deletedAtMs, ...secret }) => ({
      ...secret,
      ...(deletedAtMs !== undefined && deletedAtMs <= asOfMs ? { deletedAtMs } : {}),
    }));
}

export const lifecycleOperations: Operations<typeof sdk> = {
  DescribeSecret(context, { SecretId }) {
    const { secret, home } = openSecret(context, SecretId, "secretsmanager:DescribeSecret", { evenDeleted: true });
    return { ...show(secret), VersionIdsToStages: stagesOf(home, secret.arn) };
  },

  ListSecrets(context, { Filters, IncludePlannedDeletion, MaxResults = PAGE, NextToken, SortOrder }) {
    const all = listed(context, Filters)
      .filter(({ deletedAtMs }) => IncludePlannedDeletion || deletedAtMs === undefined)
      .sort((a, b) => a.createdAtMs - b.createdAtMs || (a.name < b.name ? -1 : 1));
    if (SortOrder === "desc") all.reverse();
    const order = new Map(all.map((secret, index) => [secret, String(index).padStart(6, "0")]));
    const { items, nextToken } = page(all, (secret) => order.get(secret) ?? "", { token: NextToken, size: MaxResults });
    const SecretList: SecretListEntry[] = items.map((secret) => ({
      ...show(secret),
      SecretVersionsToStages: stagesOf(context, secret.arn),
    }));
    return { SecretList, NextToken: nextToken };
  },

  async BatchGetSecretValue(context, { SecretIdList, Filters, MaxResults = 20, NextToken }) {
    if (SecretIdList && Filters) throw invalidParameter("You can't specify both SecretIdList and Filters.");
    const ids = SecretIdList ?? listed(context, Filters).map(({ name }) => name);
    const { items, nextToken } = page(ids, (id) => id, { token: NextToken, size: MaxResults });
    const SecretValues: sdk.SecretValueEntry[] = [];
    const Errors: sdk.APIErrorType[] = [];
    for (const id of items) {
      try {
        const { secret, home } = openSecret(context, id, "secretsmanager:GetSecretValue");
        SecretValues.push(await readValue(home, secret));
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        Errors.push({ SecretId: id, ErrorCode: error.code, Message: error.message });
      }
    }
    return { SecretValues, Errors, NextToken: nextToken };
  },

  DeleteSecret(context, { SecretId, RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force }) {
    if (force && days !== undefined) {
      throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
    }
    if (days !== undefined && (days < WINDOW.from || days > WINDOW.to)) {
      const { from, to } = WINDOW;
      throw invalidParameter(`The RecoveryWindowInDays value must be between ${from} and ${to} days (inclusive).`);
    }
    const nowMs = context.clock.now().getTime();
    const opened = openToDelete(context, SecretId, force ?? false);
    // Deleting by force what isn't there is no error.
    if (!opened) return { Name: SecretId, DeletionDate: new Date(nowMs) };
    const { secret, home } = opened;
    if (force) {
      forget(home, secret);
      return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(nowMs) };
    }
    if (secret.deletedAtMs !== undefined) throw markedForDeletion();
    const goneAtMs = nowMs + (days ?? WINDOW.to) * DAY_MS;
    save(home, secret, { deletedAtMs: nowMs, goneAtMs });
    timersOf(context.runtime).poke();
    return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(goneAtMs) };
  },

  RestoreSecret(context, { SecretId }) {
    const { secret, home } = openSecret(context, SecretId, "secretsmanager:RestoreSecret", { evenDeleted: true });
    return save(home, secret, { deletedAtMs: undefined, goneAtMs: undefined });
  },

  PutResourcePolicy(context, { SecretId, ResourcePolicy = "", BlockPublicPolicy }) {
    const { secret, home } = openSecret(context, SecretId, "secretsmanager:PutResourcePolicy");
    readPolicy(ResourcePolicy);
    if (BlockPublicPolicy && /"Principal"\s*:\s*("\*"|\{\s*"AWS"\s*:\s*"\*"\s*\})/.test(ResourcePolicy)) {
      throw new AwsError("PublicPolicyException", "You can't add a resource policy that grants broad access.");
    }
    return save(home, secret, { policy: ResourcePolicy });
  },

  GetResourcePolicy(context, { SecretId }) {
    const { secret } = openSecret(context, SecretId, "secretsmanager:GetResourcePolicy");
    return { ARN: secret.arn, Name: secret.name, ResourcePolicy: secret.policy };
  },

  DeleteResourcePolicy(context, { SecretId }) {
    const { secret, home } = openSecret(context, SecretId, "secretsmanager:DeleteResourcePolicy");
    return save(home, secret, { policy: undefined });
  },

  ValidateResourcePolicy(context, { SecretId, ResourcePolicy = "" }) {
    if (SecretId !== undefined) openSecret(context, SecretId, "secretsmanager:ValidateResourcePolicy");
    try {
      readPolicy(ResourcePolicy);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const ErrorMessage = error.message;
      return { PolicyValidationPassed: false, ValidationErrors: [{ CheckName: "PolicyParser", ErrorMessage }] };
    }
    return { PolicyValidationPassed: true, ValidationErrors: [] };
  },

  TagResource(context, { SecretId, Tags = [] }) {
    const { secret, home } = openSecret(context, SecretId, "secretsmanager:TagResource");
    const kept = (secret.tags ?? []).filter((tag) => !Tags.some(({ Key }) => Key === tag.Key));
    save(home, secret, { tags: [...kept, ...Tags] satisfies Tag[] });
    return {};
  },

  UntagResource(context, { SecretId, TagKeys = [] }) {
    const { secret, home } = openSecret(context, SecretId, "secretsmanager:UntagResource");
    save(home, secret, { tags: (secret.tags ?? []).filter(({ Key }) => !TagKeys.includes(Key ?? "")) });
    return {};
  },
};

function openToDelete(context: Context, id: string | undefined, force: boolean) {
  try {
    return openSecret(context, id, "secretsmanager:DeleteSecret", { evenDeleted: true });
  } catch (error) {
    if (force && error instanceof AwsError && error.code === "ResourceNotFoundException") return undefined;
    throw error;
  }
}

function readPolicy(text: string): void {
  try {
    parsePolicy(text);
  } catch {
    throw new AwsError("MalformedPolicyDocumentException", "This resource policy contains invalid Json.");
  }
}
