import type * as sdk from "@aws-sdk/client-xray";
import type { GroupSummary, Tag } from "@aws-sdk/client-xray";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { compileFilter } from "./filter-expression.ts";

interface GroupRecord {
  readonly name: string;
  readonly arn: string;
  readonly filter: string | undefined;
  readonly insights: { readonly InsightsEnabled: boolean; readonly NotificationsEnabled: boolean };
}

const groups = (context: Context) => context.collection<GroupRecord>("groups");
const tagsOf = (context: Context) => context.collection<Tag[]>("tags");
const DEFAULT = "Default";
const MOST_GROUPS = 25;

/** Groups of traces by filter expression, and the tags of groups and sampling rules. */
export const groupOperations: Operations<typeof sdk> = {
  CreateGroup(context, { GroupName: name = "", FilterExpression: filter, InsightsConfiguration, Tags }) {
    if (!/^[A-Za-z0-9_-]{1,32}$/.test(name)) throw invalid(`"${name}" can't be the name of a group.`);
    if (name === DEFAULT || groups(context).get(name)) throw invalid(`A group with the name ${name} already exists.`);
    if (groups(context).list().length >= MOST_GROUPS) throw invalid("Group limit exceeded.");
    compileFilter(filter);
    const arn = `arn:aws:xray:${context.region}:${context.account}:group/${name}/${context.random.token(32)}`;
    const record = { name, arn, filter, insights: insightsOf(InsightsConfiguration) };
    groups(context).put(name, record);
    putTags(context, arn, Tags);
    return { Group: show(record) };
  },

  GetGroup: (context, given) => ({ Group: getGroup(context, given) }),

  GetGroups(context) {
    const own = groups(context)
      .list()
      .map(({ value }) => show(value));
    return { Groups: [defaultGroup(context), ...own] };
  },

  UpdateGroup(context, { FilterExpression, InsightsConfiguration, ...given }) {
    const { GroupName: name = "" } = getGroup(context, given);
    const before = groups(context).get(name);
    if (!before) throw invalid("The default group can't be updated.");
    compileFilter(FilterExpression);
    const insights = InsightsConfiguration ? insightsOf(InsightsConfiguration) : before.insights;
    const record = { ...before, filter: FilterExpression ?? before.filter, insights };
    groups(context).put(name, record);
    return { Group: show(record) };
  },

  DeleteGroup(context, given) {
    const { GroupName: name = "", GroupARN: arn = "" } = getGroup(context, given);
    if (!groups(context).delete(name)) throw invalid("The default group can't be deleted.");
    tagsOf(context).delete(arn);
    return {};
  },

  TagResource(context, { ResourceARN: arn = "", Tags }) {
    putTags(context, arn, Tags);
    return {};
  },

  UntagResource(context, { ResourceARN: arn = "", TagKeys = [] }) {
    const left = (tagsOf(context).get(arn) ?? []).filter(({ Key }) => !TagKeys.includes(Key ?? ""));
    tagsOf(context).put(arn, left);
    return {};
  },

  ListTagsForResource: (context, { ResourceARN: arn = "" }) => ({ Tags: tagsOf(context).get(arn) ?? [] }),
};

export function putTags(context: Context, arn: string, tags: readonly Tag[] | undefined): void {
  if (!tags?.length) return;
  const kept = (tagsOf(context).get(arn) ?? []).filter(({ Key }) => !tags.some((tag) => tag.Key === Key));
  tagsOf(context).put(arn, [...kept, ...tags]);
}

const insightsOf = (
  given: { InsightsEnabled?: boolean | undefined; NotificationsEnabled?: boolean | undefined } | undefined,
) => ({
  InsightsEnabled: given?.InsightsEnabled ?? false,
  NotificationsEnabled: given?.NotificationsEnabled ?? false,
});

function show({ name, arn, filter, insights }: GroupRecord): GroupSummary {
  const expression = filter === undefined ? {} : { FilterExpression: filter };
  return { GroupName: name, GroupARN: arn, ...expression, InsightsConfiguration: insights };
}

const defaultGroup = ({ account, region }: Context): GroupSummary => ({
  GroupName: DEFAULT,
  GroupARN: `arn:aws:xray:${region}:${account}:group/${DEFAULT}`,
  InsightsConfiguration: insightsOf(undefined),
});

/** The group that is named; undefined when none is. Raises when there is no such group. */
export function findGroup(
  context: Context,
  { GroupName, GroupARN }: { GroupName?: string | undefined; GroupARN?: string | undefined },
): GroupSummary | undefined {
  return GroupName === undefined && GroupARN === undefined ? undefined : getGroup(context, { GroupName, GroupARN });
}

function getGroup(
  context: Context,
  { GroupName, GroupARN }: { GroupName?: string | undefined; GroupARN?: string | undefined },
): GroupSummary {
  const own = groups(context)
    .list()
    .map(({ value }) => show(value));
  const group = [defaultGroup(context), ...own].find((one) =>
    GroupARN === undefined ? one.GroupName === GroupName : one.GroupARN === GroupARN,
  );
  if (group) return group;
  throw invalid("Group not found.");
}

const invalid = (message: string) => new AwsError("InvalidRequestException", message);
