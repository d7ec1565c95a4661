import type * as sdk from "@aws-sdk/client-ec2";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { matches } from "./describe.ts";
import { all, find, type Kind, put, type Tags } from "./records.ts";

/** What EC2 calls each kind in its tags. */
const TYPES: Readonly<Record<Kind, sdk.ResourceType>> = {
  vpc: "vpc",
  subnet: "subnet",
  rtb: "route-table",
  igw: "internet-gateway",
  sg: "security-group",
  vpce: "vpc-endpoint",
};

function change(context: Context, ids: readonly string[], work: (tags: Tags) => Tags): object {
  const known = ids.map((id) => {
    const kind = id.split("-")[0] ?? "";
    if (!Object.hasOwn(TYPES, kind)) throw new AwsError("InvalidID", `The ID '${id}' is not valid`);
    return { kind: kind as Kind, record: find(context, kind as Kind, id) };
  });
  context.store.transaction(() => {
    for (const { kind, record } of known) put(context, kind, { ...record, tags: work(record.tags) } as never);
  });
  return {};
}

export const tagOperations: Operations<typeof sdk> = {
  CreateTags: (context, input) => {
    const added = Object.fromEntries((input.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
    return change(context, input.Resources ?? [], (tags) => ({ ...tags, ...added }));
  },
  DeleteTags: (context, input) =>
    change(context, input.Resources ?? [], (tags) =>
      Object.fromEntries(
        Object.entries(tags).filter(
          ([key, value]) =>
            input.Tags !== undefined &&
            !input.Tags.some(({ Key, Value }) => Key === key && (Value === undefined || Value === value)),
        ),
      ),
    ),
  DescribeTags: (context, input) => {
    const found = (Object.keys(TYPES) as Kind[]).flatMap((kind) =>
      all(context, kind).flatMap(({ id, tags }) =>
        Object.entries(tags).map(([key, value]) => ({ id, type: TYPES[kind], key, value, tags })),
      ),
    );
    const kept = found.filter((one) =>
      matches(one, input.Filters ?? [], {
        "resource-id": ({ id }) => [id],
        "resource-type": ({ type }) => [type],
        key: ({ key }) => [key],
        value: ({ value }) => [value],
      }),
    );
    return {
      Tags: kept.map(({ id, type, key, value }) => ({ ResourceId: id, ResourceType: type, Key: key, Value: value })),
    };
  },
};
