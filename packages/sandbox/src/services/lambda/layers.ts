import { createHash } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type * as sdk from "@aws-sdk/client-lambda";
import type { Architecture, LayerVersionsListItem, Runtime } from "@aws-sdk/client-lambda";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { codeFolder, fetchCode } from "./code.ts";
import { locateCode } from "./code-location.ts";
import {
  type FunctionConfig,
  invalid,
  type LayerUse,
  type LayerVersion,
  layerCounters,
  layers,
  unsupported,
  versionKey,
} from "./records.ts";

const MOST_LAYERS = 5;

const layerArn = ({ account, region }: { account: string; region: string }, name: string) =>
  `arn:aws:lambda:${region}:${account}:layer:${name}`;

/** Layers of the account itself. https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html */
export const layerOperations: Operations<typeof sdk> = {
  async PublishLayerVersion(context, input) {
    const name = nameOf(input.LayerName);
    const code = await fetchCode(context, input.Content ?? {});
    const version = (layerCounters(context).get(name) ?? 0) + 1;
    const layer: LayerVersion = {
      ...{ name, version, codeSha256: code.sha256, codeSizeBytes: code.sizeBytes },
      description: input.Description ?? "",
      runtimes: input.CompatibleRuntimes ?? [],
      architectures: input.CompatibleArchitectures ?? [],
      license: input.LicenseInfo,
      createdAt: context.clock.now().toISOString().replace("Z", "+0000"),
    };
    context.store.transaction(() => {
      layerCounters(context).put(name, version);
      layers(context).put(versionKey(name, String(version)), layer);
    });
    return { ...show(context, layer), Content: await contentOf(context, layer) };
  },

  async GetLayerVersion(context, { LayerName, VersionNumber }) {
    const layer = requireLayer(context, nameOf(LayerName), VersionNumber ?? 0);
    return { ...show(context, layer), Content: await contentOf(context, layer) };
  },

  async GetLayerVersionByArn(context, { Arn = "" }) {
    const [, , , , , , name = "", version = ""] = Arn.split(":");
    const layer = requireLayer(context, name, Number(version));
    return { ...show(context, layer), Content: await contentOf(context, layer) };
  },

  ListLayerVersions(context, { LayerName }) {
    const all = layers(context)
      .list(`${nameOf(LayerName)}/`)
      .reverse();
    return { LayerVersions: all.map(({ value }) => item(context, value)) };
  },

  ListLayers(context) {
    const latest = new Map(
      layers(context)
        .list()
        .map(({ value }) => [value.name, value]),
    );
    return {
      Layers: [...latest.values()].map((layer) => ({
        LayerName: layer.name,
        LayerArn: layerArn(context, layer.name),
        LatestMatchingVersion: item(context, layer),
      })),
    };
  },

  /** Functions that have it go on with it, as on AWS. */
  DeleteLayerVersion(context, { LayerName, VersionNumber }) {
    layers(context).delete(versionKey(nameOf(LayerName), String(VersionNumber)));
    return {};
  },
};

const nameOf = (given = "") => (given.startsWith("arn:") ? (given.split(":")[6] ?? "") : given);

function requireLayer(context: Context, name: string, version: number): LayerVersion {
  const found = layers(context).get(versionKey(name, String(version)));
  if (found) return found;
  throw new AwsError("ResourceNotFoundException", "The resource you requested does not exist.", {
    members: { Type: "User" },
  });
}

const contentOf = async (context: Context, { name, version, codeSha256, codeSizeBytes }: LayerVersion) => ({
  Location: await locateCode(context, `${name}-${version}`, codeSha256),
  CodeSha256: codeSha256,
  CodeSize: codeSizeBytes,
});

function show(context: Context, layer: LayerVersion) {
  return { LayerArn: layerArn(context, layer.name), ...item(context, layer) };
}

const item = (context: Context, layer: LayerVersion): LayerVersionsListItem => ({
  LayerVersionArn: `${layerArn(context, layer.name)}:${layer.version}`,
  Version: layer.version,
  Description: layer.description,
  CreatedDate: layer.createdAt,
  ...(layer.runtimes.length > 0 ? { CompatibleRuntimes: [...layer.runtimes] as Runtime[] } : {}),
  ...(layer.architectures.length > 0 ? { CompatibleArchitectures: [...layer.architectures] as Architecture[] } : {}),
  ...(layer.license === undefined ? {} : { LicenseInfo: layer.license }),
});

/** The layers that a function names, in order; each keeps the code that it has now. */
export function readLayers(context: Context, arns: readonly string[]): readonly LayerUse[] | undefined {
  if (arns.length > MOST_LAYERS) throw invalid(`Cannot reference more than ${MOST_LAYERS} layers.`);
  const names = new Map<string, string>();
  const uses = arns.map((arn): LayerUse => {
    const [, , , region = "", account = "", , name = "", version = ""] = arn.split(":");
    if (account !== context.account || region !== context.region) {
      throw unsupported(`with a layer of another account or region (${arn})`);
    }
    const other = names.get(name);
    if (other !== undefined) {
      throw invalid(
        `Two different versions of the same layer are not allowed to be referenced in the same function. ${other} and ${arn}.`,
      );
    }
    names.set(name, arn);
    const layer = layers(context).get(versionKey(name, version));
    if (!layer) throw invalid(`Layer version ${arn} does not exist.`);
    return { arn, codeSha256: layer.codeSha256, codeSizeBytes: layer.codeSizeBytes };
  });
  return uses.length > 0 ? uses : undefined;
}

/**
 * What is `/opt` on AWS: a folder with the function's layers, one over the other; undefined where it has none. A process
 * can't be given a `/opt` of its own, so the paths by which runtimes look there name this folder instead.
 */
export function optFolder(runtime: ServiceRuntime, { layers: uses }: FunctionConfig): string | undefined {
  if (!uses) return undefined;
  const key = createHash("sha256")
    .update(uses.map(({ codeSha256 }) => codeSha256).join())
    .digest("hex");
  const folder = join(runtime.surroundings.dataDir, "lambda", "opt", key);
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${process.pid}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  for (const { codeSha256 } of uses) cpSync(codeFolder(runtime, codeSha256), draft, { recursive: true });
  renameSync(draft, folder);
  return folder;
}

/** `AWS_LAMBDA_EXEC_WRAPPER=/opt/wrapper`, in the folder; made executable, because the zip's permissions aren't read. */
export function wrapperOf({ environment }: FunctionConfig, opt: string | undefined): string | undefined {
  const given = environment.AWS_LAMBDA_EXEC_WRAPPER;
  if (given === undefined || opt === undefined || !given.startsWith("/opt/")) return given;
  const file = join(opt, given.slice("/opt/".length));
  if (existsSync(file)) chmodSync(file, 0o755);
  return file;
}
