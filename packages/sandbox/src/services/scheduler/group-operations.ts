import type * as sdk from "@aws-sdk/client-scheduler";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { pokeSchedules } from "./fire.ts";
import {
  DEFAULT_GROUP,
  findGroup,
  type GroupRecord,
  getGroup,
  listGroups,
  newGroup,
  removeGroup,
  saveGroup,
  schedulesOf,
} from "./records.ts";

const NAME = /^[0-9a-zA-Z-_.]{1,64}$/;
const PAGE = 100;

const show = (group: GroupRecord) => ({
  Arn: group.arn,
  Name: group.name,
  State: "ACTIVE" as const,
  CreationDate: new Date(group.createdAtMs),
  LastModificationDate: new Date(group.modifiedAtMs),
});

const ofArn = (context: Context, arn: string | undefined) => getGroup(context, arn?.split("schedule-group/")[1] ?? "");

export const groupOperations: Operations<typeof sdk> = {
  CreateScheduleGroup(context, { Name: name = "", Tags = [], ClientToken }) {
    if (!NAME.test(name)) {
      throw new AwsError("ValidationException", `Schedule group name "${name}" must match [0-9a-zA-Z-_.]{1,64}.`);
    }
    const before = findGroup(context, name);
    if (before && before.token === ClientToken) return { ScheduleGroupArn: before.arn };
    if (before) throw new AwsError("ConflictException", `Schedule group ${name} already exists.`);
    const group = newGroup(context, name, { tags: Tags, token: ClientToken });
    saveGroup(context, group);
    return { ScheduleGroupArn: group.arn };
  },

  GetScheduleGroup: (context, { Name }) => show(getGroup(context, Name)),

  ListScheduleGroups(context, { NamePrefix = "", NextToken, MaxResults = PAGE }) {
    const all = listGroups(context).filter(({ name }) => name.startsWith(NamePrefix));
    const { items, nextToken } = page(all, ({ name }) => name, { token: NextToken, size: MaxResults });
    return { ScheduleGroups: items.map(show), NextToken: nextToken };
  },

  DeleteScheduleGroup(context, { Name }) {
    const { name } = getGroup(context, Name);
    if (name === DEFAULT_GROUP)
      throw new AwsError("ValidationException", "The default schedule group can't be deleted.");
    context.store.transaction(() => {
      for (const { key } of schedulesOf(context).list(`${name}/`)) schedulesOf(context).delete(key);
      removeGroup(context, name);
    });
    pokeSchedules(context.runtime);
    return {};
  },

  TagResource(context, { ResourceArn, Tags = [] }) {
    const group = ofArn(context, ResourceArn);
    const kept = group.tags.filter((tag) => !Tags.some(({ Key }) => Key === tag.Key));
    saveGroup(context, { ...group, tags: [...kept, ...Tags] });
    return {};
  },

  UntagResource(context, { ResourceArn, TagKeys = [] }) {
    const group = ofArn(context, ResourceArn);
    saveGroup(context, { ...group, tags: group.tags.filter(({ Key }) => !TagKeys.includes(Key ?? "")) });
    return {};
  },

  ListTagsForResource: (context, { ResourceArn }) => ({ Tags: [...ofArn(context, ResourceArn).tags] }),
};
