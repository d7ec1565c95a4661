import type * as sdk from "@aws-sdk/client-eventbridge";
import type { Tag } from "@aws-sdk/client-eventbridge";
import type { Context } from "../../core/context.ts";
import type { Operations } from "../../core/service.ts";
import { getBus, getRule, saveBus, saveRule } from "./records.ts";

/** The tags of a rule's or a bus's ARN, and how to keep others. */
function tagged(context: Context, arn = ""): { tags: readonly Tag[]; save: (tags: Tag[]) => void } {
  const [, path = ""] = arn.split(":rule/");
  if (path === "") {
    const bus = getBus(context, arn);
    return { tags: bus.tags, save: (tags) => saveBus(context, { ...bus, tags }) };
  }
  const [name, bus] = path.split("/").reverse();
  const rule = getRule(context, name, bus);
  return { tags: rule.tags, save: (tags) => saveRule(context, { ...rule, tags }) };
}

export const tagOperations: Operations<typeof sdk> = {
  TagResource(context, { ResourceARN, Tags = [] }) {
    const { tags, save } = tagged(context, ResourceARN);
    save([...tags.filter((tag) => !Tags.some(({ Key }) => Key === tag.Key)), ...Tags]);
    return {};
  },

  UntagResource(context, { ResourceARN, TagKeys = [] }) {
    const { tags, save } = tagged(context, ResourceARN);
    save(tags.filter(({ Key }) => !TagKeys.includes(Key ?? "")));
    return {};
  },

  ListTagsForResource: (context, { ResourceARN }) => ({ Tags: [...tagged(context, ResourceARN).tags] }),
};
