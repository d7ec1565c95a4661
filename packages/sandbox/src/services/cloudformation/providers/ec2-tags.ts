import * as sdk from "@aws-sdk/client-ec2";
import type { ProviderCall } from "../provider.ts";
import { goneTags, tagList } from "./values.ts";

/** Tags of a new resource; CloudFormation's own find it again when the attempt that made it died. */
export const tagged = (call: ProviderCall, ResourceType: sdk.ResourceType) => ({
  TagSpecifications: [{ ResourceType, Tags: tagList(call) }],
});

/** What an attempt that died may have made, by its tags: nothing of EC2's has a name of its own. */
export async function findOurs(call: ProviderCall, type: sdk.ResourceType): Promise<string | undefined> {
  if (call.existing !== undefined) return call.existing;
  if (!call.isRepeated) return undefined;
  const tag = (key: string) => ({ Name: `tag:${key}`, Values: [call.tags[key] ?? ""] });
  const Filters = [
    { Name: "resource-type", Values: [type] },
    tag("aws:cloudformation:stack-id"),
    tag("aws:cloudformation:logical-id"),
  ];
  const { Tags } = await call.send(new sdk.DescribeTagsCommand({ Filters }));
  return Tags?.[0]?.ResourceId;
}

export async function putTags(call: ProviderCall, id: string, before: Readonly<Record<string, string>>): Promise<void> {
  await call.send(new sdk.CreateTagsCommand({ Resources: [id], Tags: tagList(call) }));
  const gone = goneTags(call, before).map((Key) => ({ Key }));
  if (gone.length > 0) await call.send(new sdk.DeleteTagsCommand({ Resources: [id], Tags: gone }));
}
