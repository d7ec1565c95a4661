import type * as sdk from "@aws-sdk/client-lambda";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { fetchCode } from "./code.ts";
import { locateCode } from "./code-location.ts";
import { changeConfiguration, newConfiguration, showConfiguration, touched } from "./configuration.ts";
import { hostOf } from "./host/host.ts";
import {
  aliases,
  drawFrom,
  eventInvokeConfigs,
  type FunctionConfig,
  functionArn,
  functions,
  getFunction,
  invalid,
  notFound,
  policies,
  provisionedConfigs,
  readReference,
  resolveQualifier,
  versionKey,
  versions,
} from "./records.ts";
import { publish } from "./versions.ts";

export const functionOperations: Operations<typeof sdk> = {
  async CreateFunction(context, input) {
    const { name, account, qualifier } = readReference(context, input.FunctionName);
    if (account !== context.account || qualifier !== undefined)
      throw invalid(`"${input.FunctionName}" can't be created from this account.`);
    const exists = () => {
      if (!functions(context).get(name)) return;
      throw new AwsError("ResourceConflictException", `Function already exist: ${name}`, {
        status: 409,
        members: { Type: "User" },
      });
    };
    exists();
    const code = await fetchCode(context, input.Code ?? {});
    const latest = await newConfiguration(context, { ...input, FunctionName: name }, code);
    exists();
    functions(context).put(name, { latest, nextVersion: 1, tags: input.Tags ?? {}, reservedConcurrency: undefined });
    const shown = input.Publish ? publish(context, name, undefined) : latest;
    return showConfiguration(context, shown, { pending: "created" });
  },

  async UpdateFunctionCode(context, input) {
    const { record } = getFunction(context, input.FunctionName);
    requireRevision(record.latest, input.RevisionId);
    const { name } = record.latest;
    const code = await fetchCode(context, input);
    const latest: FunctionConfig = {
      ...record.latest,
      codeSha256: code.sha256,
      codeSizeBytes: code.sizeBytes,
      architecture: input.Architectures?.[0] ?? record.latest.architecture,
      ...touched(context),
    };
    if (input.DryRun) return showConfiguration(context, latest);
    change(context, latest);
    const shown = input.Publish ? publish(context, name, undefined) : latest;
    return showConfiguration(context, shown, { pending: "updated" });
  },

  async UpdateFunctionConfiguration(context, input) {
    const { record } = getFunction(context, input.FunctionName);
    requireRevision(record.latest, input.RevisionId);
    const latest = await changeConfiguration(context, record.latest, input);
    change(context, latest);
    return showConfiguration(context, latest, { pending: "updated" });
  },

  async GetFunction(context, { FunctionName, Qualifier }) {
    const { reference, record } = getFunction(context, FunctionName, Qualifier);
    const { config } = resolveQualifier(context, record, reference.qualifier, drawFrom(context));
    return {
      Configuration: showConfiguration(context, config, { qualifier: reference.qualifier }),
      Code: { RepositoryType: "S3", Location: await locateCode(context, config.name, config.codeSha256) },
      ...(Object.keys(record.tags).length > 0 ? { Tags: { ...record.tags } } : {}),
      ...(record.reservedConcurrency === undefined
        ? {}
        : { Concurrency: { ReservedConcurrentExecutions: record.reservedConcurrency } }),
    };
  },

  GetFunctionConfiguration(context, { FunctionName, Qualifier }) {
    const { reference, record } = getFunction(context, FunctionName, Qualifier);
    const { config } = resolveQualifier(context, record, reference.qualifier, drawFrom(context));
    return showConfiguration(context, config, { qualifier: reference.qualifier });
  },

  ListFunctions(context, { Marker, MaxItems, FunctionVersion }) {
    const latest = functions(context)
      .list()
      .map(({ value }) => value.latest);
    const published =
      FunctionVersion === "ALL"
        ? versions(context)
            .list()
            .map(({ value }) => value)
        : [];
    const keyOf = (config: FunctionConfig) =>
      versionKey(config.name, config.version === "$LATEST" ? "" : config.version);
    const all = [...latest, ...published].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    const { items, nextToken } = page(all, keyOf, { token: Marker, size: MaxItems ?? 50 });
    return { Functions: items.map((config) => showConfiguration(context, config)), NextMarker: nextToken };
  },

  async DeleteFunction(context, { FunctionName, Qualifier }) {
    const { reference, record } = getFunction(context, FunctionName, Qualifier);
    const { name, qualifier } = reference;
    if (qualifier === "$LATEST") throw invalid("$LATEST version cannot be deleted without deleting the function.");
    if (qualifier !== undefined) {
      deleteVersion(context, name, qualifier);
    } else {
      context.store.transaction(() => {
        functions(context).delete(name);
        for (const rows of [
          versions(context),
          aliases(context),
          policies(context),
          eventInvokeConfigs(context),
          provisionedConfigs(context),
        ]) {
          for (const { key } of (rows as ReturnType<typeof versions>).list(`${name}/`)) rows.delete(key);
        }
      });
    }
    const host = hostOf(context.runtime);
    host.discard(functionArn(context, record.latest.name), qualifier);
    host.provisioner.reconcile(context, name);
    return { StatusCode: 204 };
  },
};

type Here = Parameters<NonNullable<typeof functionOperations.DeleteFunction>>[0];

/** Writes a changed `$LATEST`; environments that run the old one end as soon as they are idle. */
function change(context: Here, latest: FunctionConfig): void {
  const record = functions(context).get(latest.name);
  if (!record) throw notFound(context, latest.name);
  functions(context).put(latest.name, { ...record, latest });
  hostOf(context.runtime).discard(functionArn(context, latest.name), "$LATEST");
}

function deleteVersion(context: Here, name: string, qualifier: string): void {
  const users = aliases(context)
    .list(`${name}/`)
    .filter(({ value }) => value.version === qualifier || qualifier in value.weights)
    .map(({ value }) => value.name);
  if (users.length > 0) {
    const message = `Function version ${qualifier} is still used by alias ${users.join(", ")}.`;
    throw new AwsError("ResourceConflictException", message, { status: 409, members: { Type: "User" } });
  }
  provisionedConfigs(context).delete(`${name}/${qualifier}`);
  if (!versions(context).delete(versionKey(name, qualifier))) throw notFound(context, name, qualifier);
}

function requireRevision(config: FunctionConfig, revisionId: string | undefined): void {
  if (revisionId === undefined || revisionId === config.revisionId) return;
  const message =
    "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id";
  throw new AwsError("PreconditionFailedException", message, { status: 412 });
}
