import type { Reproduction, Reproductions, Stage } from "../reproduction.ts";

const WINDOW = { Mode: "FLEXIBLE", MaximumWindowInMinutes: 4 } as const;

/** A role that the Scheduler may take on, as LocalStack's fixture makes it. */
async function role({ iam, name }: Stage): Promise<string> {
  const trust = { Effect: "Allow", Principal: { Service: "scheduler.amazonaws.com" }, Action: "sts:AssumeRole" };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [trust] });
  const { Role } = await iam.CreateRole({ RoleName: name("test-scheduler-role"), AssumeRolePolicyDocument });
  return Role?.Arn ?? "";
}

function create(stage: Stage, ScheduleExpression: string, RoleArn: string, isFlexible = true) {
  const Arn = `arn:aws:lambda:${stage.region}:${stage.account}:function:dummy`;
  const FlexibleTimeWindow = isFlexible ? WINDOW : ({ Mode: "OFF" } as const);
  const schedule = { Name: stage.name("schedule"), ScheduleExpression, FlexibleTimeWindow, Target: { Arn, RoleArn } };
  return stage.scheduler.CreateSchedule(schedule);
}

const INVALID = [
  ...["cron(0 1 * * * *)", "cron(7 20 * * NOT *)", "cron(INVALID)", "cron(0 dummy ? * MON-FRI *)"],
  ...["cron(71 8 1 * ? *)", "cron()", "rate(10 seconds)", "rate(10 years)", "rate()", "rate(10)"],
  ...["rate(10 minutess)", "rate(foo minutes)", "rate(-10 minutes)", "rate( 10 minutes )", " rate(10 minutes)"],
  ...["at(2021-12-31T23:59:59Z)", "at(2021-12-31)"],
];
const VALID = [
  ...["cron(0-15/1 8-8 ? * 2,3,4,5,6,7 *)", "cron(30-30 13-13 ? * 2,4,6 *)", "cron(1-31/30 1-1 ? * 1,7 *)"],
  ...["cron(0 18 ? * MON-FRI *)", "cron(*/15 * * * ? *)", "cron(0-59/10 0-23/2 ? * * *)"],
];

const refused = (expression: string): [string, Reproduction] => [
  `tests_create_schedule_with_invalid_schedule_expression[${expression}]`,
  async (stage) => {
    const stranger = `arn:aws:iam::${stage.account}:role/role-name`;
    await stage.match("invalid-schedule-expression", create(stage, expression, stranger));
  },
];

const taken = (expression: string): [string, Reproduction] => [
  `test_create_schedule_with_valid_cron_expressions[${expression}]`,
  async (stage) => {
    await stage.match("create-schedule", create(stage, expression, await role(stage), false));
  },
];

const others: Record<string, Reproduction> = {
  async test_tag_resource({ scheduler, match, name }) {
    const { ScheduleGroupArn: ResourceArn } = await scheduler.CreateScheduleGroup({ Name: name("group") });
    await scheduler.TagResource({ ResourceArn, Tags: [{ Key: "TagKey", Value: "TagValue" }] });
    await match("list-tagged-schedule", scheduler.ListTagsForResource({ ResourceArn }));
  },
  async test_untag_resource({ scheduler, match, name }) {
    const Tags = [{ Key: "TagKey", Value: "TagValue" }];
    const { ScheduleGroupArn: ResourceArn } = await scheduler.CreateScheduleGroup({ Name: name("group"), Tags });
    await scheduler.UntagResource({ ResourceArn, TagKeys: ["TagKey"] });
    await match("list-untagged-schedule", scheduler.ListTagsForResource({ ResourceArn }));
  },
  async tests_create_schedule_with_valid_schedule_expression(stage) {
    const schedule = create(stage, "at(2022-12-31T23:59:59)", await role(stage));
    await stage.match("valid-schedule-expression", schedule);
  },
};

const TESTS = { ...Object.fromEntries([...INVALID.map(refused), ...VALID.map(taken)]), ...others };

export const scheduler: Reproductions = { file: "scheduler__test_scheduler", service: "scheduler", tests: TESTS };
