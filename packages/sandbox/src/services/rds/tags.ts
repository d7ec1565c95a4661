import type * as sdk from "@aws-sdk/client-rds";
import type { Context } from "../../core/context.ts";
import type { Operations } from "../../core/service.ts";
import type { Collection } from "../../core/store.ts";
import { clusters, instances, invalid, proxies, showTags, subnetGroups, type Tags, tagsOf } from "./records.ts";

/** A tagged resource by its ARN: its tags, and how to change them. */
function resourceOf(context: Context, arn = ""): { tags: Tags; put: (tags: Tags) => void } {
  const [kind = "", id = ""] = arn.split(":").slice(5);
  const from = <T extends { tags: Tags }>(store: Collection<T>) => {
    const record = store.get(id);
    return record && { tags: record.tags, put: (tags: Tags) => store.put(id, { ...record, tags }) };
  };
  if (kind === "cluster" || kind === "db" || kind === "subgrp") {
    const found = {
      cluster: () => from(clusters(context)),
      db: () => from(instances(context)),
      subgrp: () => from(subnetGroups(context)),
    }[kind]();
    if (found) return found;
  }
  const proxy = proxies(context)
    .list()
    .find(({ value }) => value.resourceId === id)?.value;
  if (!proxy) throw invalid(`The specified resource name does not match an RDS resource in this region: ${arn}`);
  return { tags: proxy.tags, put: (tags) => proxies(context).put(proxy.name, { ...proxy, tags }) };
}

export const tagOperations: Operations<typeof sdk> = {
  AddTagsToResource: (context, input) => {
    const { tags, put } = resourceOf(context, input.ResourceName);
    put({ ...tags, ...tagsOf(input.Tags) });
    return {};
  },
  RemoveTagsFromResource: (context, input) => {
    const { tags, put } = resourceOf(context, input.ResourceName);
    put(Object.fromEntries(Object.entries(tags).filter(([key]) => !input.TagKeys?.includes(key))));
    return {};
  },
  ListTagsForResource: (context, input) => ({ TagList: showTags(resourceOf(context, input.ResourceName).tags) }),
};
