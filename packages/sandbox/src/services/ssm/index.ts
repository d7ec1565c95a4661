import * as sdk from "@aws-sdk/client-ssm";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { defineService, type Operations } from "../../core/service.ts";
import {
  allVersions,
  latestVersion,
  type ParameterRecord,
  parameterNotFound,
  parametersOf,
  versionKey,
  versionsOf,
} from "./parameters.ts";
import { announce, putParameter } from "./put.ts";
import { readOperations } from "./read.ts";

/**
 * AWS Systems Manager's Parameter Store: String, StringList and SecureString (encrypted by the sandbox's KMS, with the
 * parameter's ARN as encryption context), versions, labels, history, paths with paging, filters, tags, allowed
 * patterns, tiers; secrets under `/aws/reference/secretsmanager/`; `Parameter Store Change` events.
 *
 * Gaps: nothing of Systems Manager but Parameter Store; no parameter policies (501), no data type but `text` (501), no
 * sharing with other accounts, no public parameters below `/aws/service/`.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/
 */

const LABEL = /^(?!\d|aws|ssm)[\w.-]{1,100}$/i;
const MOST_LABELS = 10;

async function remove(context: Context, name: string): Promise<boolean> {
  const record = parametersOf(context).get(name);
  if (!record) return false;
  const { type } = latestVersion(context, record);
  context.store.transaction(() => {
    for (const { version } of allVersions(context, name)) versionsOf(context).delete(versionKey(name, version));
    parametersOf(context).delete(name);
  });
  await announce(context, "Delete", { name, type });
  return true;
}

function relabel(context: Context, name: string, number: number, change: (labels: readonly string[]) => string[]) {
  const version = versionsOf(context).get(versionKey(name, number));
  if (!version) {
    const message = `Systems Manager could not find version ${number} of ${name}. Verify the version and try again.`;
    throw new AwsError("ParameterVersionNotFound", message);
  }
  versionsOf(context).put(versionKey(name, number), { ...version, labels: change(version.labels) });
  return version;
}

function ofTags(context: Context, type: string | undefined, name: string | undefined): ParameterRecord {
  if (type !== "Parameter") {
    throw new AwsError("NotImplemented", `sandbox: SSM tags of a ${type} are not implemented`, { status: 501 });
  }
  const record = parametersOf(context).get(name ?? "");
  if (record) return record;
  throw new AwsError(
    "InvalidResourceId",
    "The resource ID is not valid. Verify that you entered the correct ID and try again.",
  );
}

const operations: Operations<typeof sdk> = {
  PutParameter: putParameter,

  async DeleteParameter(context, { Name = "" }) {
    if (!(await remove(context, Name))) throw parameterNotFound();
    return {};
  },

  async DeleteParameters(context, { Names = [] }) {
    const DeletedParameters: string[] = [];
    const InvalidParameters: string[] = [];
    for (const name of Names) ((await remove(context, name)) ? DeletedParameters : InvalidParameters).push(name);
    return { DeletedParameters, InvalidParameters };
  },

  async LabelParameterVersion(context, { Name = "", ParameterVersion, Labels = [] }) {
    const record = parametersOf(context).get(Name);
    if (!record) throw parameterNotFound();
    const number = Number(ParameterVersion ?? record.latest);
    const valid = Labels.filter((label) => LABEL.test(label));
    const type = context.store.transaction(() => {
      const marked = relabel(context, Name, number, (labels) => {
        const all = [...new Set([...labels, ...valid])];
        if (all.length <= MOST_LABELS) return all;
        const message = `A parameter version can have maximum ${MOST_LABELS} labels. Move one or more labels to another version and try again.`;
        throw new AwsError("ParameterVersionLabelLimitExceeded", message);
      });
      // A label stands on one version: it leaves the one that had it.
      for (const other of allVersions(context, Name)) {
        if (other.version === number || !other.labels.some((label) => valid.includes(label))) continue;
        relabel(context, Name, other.version, (labels) => labels.filter((label) => !valid.includes(label)));
      }
      return marked.type;
    });
    await announce(context, "LabelParameterVersion", { name: Name, type });
    return { InvalidLabels: Labels.filter((label) => !valid.includes(label)), ParameterVersion: number };
  },

  UnlabelParameterVersion(context, { Name = "", ParameterVersion, Labels = [] }) {
    if (!parametersOf(context).get(Name)) throw parameterNotFound();
    const { labels } = relabel(context, Name, Number(ParameterVersion), (before) =>
      before.filter((label) => !Labels.includes(label)),
    );
    return {
      RemovedLabels: Labels.filter((label) => labels.includes(label)),
      InvalidLabels: Labels.filter((label) => !labels.includes(label)),
    };
  },

  AddTagsToResource(context, { ResourceType, ResourceId, Tags = [] }) {
    const record = ofTags(context, ResourceType, ResourceId);
    const added = Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value]));
    parametersOf(context).put(record.name, { ...record, tags: { ...record.tags, ...added } });
    return {};
  },

  RemoveTagsFromResource(context, { ResourceType, ResourceId, TagKeys = [] }) {
    const record = ofTags(context, ResourceType, ResourceId);
    const tags = Object.fromEntries(Object.entries(record.tags).filter(([key]) => !TagKeys.includes(key)));
    parametersOf(context).put(record.name, { ...record, tags });
    return {};
  },

  ListTagsForResource(context, { ResourceType, ResourceId }) {
    const { tags } = ofTags(context, ResourceType, ResourceId);
    return { TagList: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
  },
};

export const ssm = defineService({
  sdk,
  client: "SSMClient",
  operations: { ...operations, ...readOperations },
});
