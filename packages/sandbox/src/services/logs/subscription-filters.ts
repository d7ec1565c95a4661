import type * as sdk from "@aws-sdk/client-cloudwatch-logs";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { compilePattern } from "./filter-pattern.ts";
import { checkLength, notThere } from "./metric-filters.ts";
import { getGroup, groupArn, invalid } from "./records.ts";

export interface SubscriptionRecord {
  readonly name: string;
  readonly group: string;
  readonly pattern: string;
  readonly destinationArn: string;
  readonly distribution: string;
  readonly createdAtMs: number;
}

const subscriptions = (context: Context) => context.collection<SubscriptionRecord>("subscription-filters");
const keyOf = (group: string, name: string) => `${group}\0${name}`;

export const subscriptionsOf = (context: Context, group: string): SubscriptionRecord[] =>
  subscriptions(context)
    .list(keyOf(group, ""))
    .map(({ value }) => value);

const LONGEST_NAME = 512;
const LONGEST_PATTERN = 1024;
const MOST_FILTERS = 2;

/** Subscription filters to functions. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html */
export const subscriptionOperations: Operations<typeof sdk> = {
  async PutSubscriptionFilter(context, input) {
    const { logGroupName: group = "", filterName: name = "", filterPattern: pattern = "", destinationArn = "" } = input;
    checkLength(name, "filterName", LONGEST_NAME);
    checkLength(pattern, "filterPattern", LONGEST_PATTERN);
    for (const unsupported of ["applyOnTransformedLogs", "fieldSelectionCriteria", "emitSystemFields"] as const) {
      if (input[unsupported]) throw notThere(`subscription filters with ${unsupported}`);
    }
    const [, , service = "", , account] = destinationArn.split(":");
    if (service !== "lambda") {
      if (service === "kinesis" && input.roleArn === undefined) {
        throw invalid("destinationArn for vendor kinesis cannot be used without roleArn");
      }
      throw notThere(`subscription filters to ${service || destinationArn}`);
    }
    if (account !== context.account) {
      throw new AwsError(
        "AccessDeniedException",
        "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create cross account lambda triggers.",
      );
    }
    getGroup(context, group);
    compilePattern(pattern);
    const known = subscriptions(context).get(keyOf(group, name));
    if (!known && subscriptionsOf(context, group).length >= MOST_FILTERS) {
      throw new AwsError("LimitExceededException", "Resource limit exceeded.");
    }
    await tryFunction(context, group, destinationArn);
    subscriptions(context).put(keyOf(group, name), {
      ...{ name, group, pattern, destinationArn, distribution: input.distribution ?? "ByLogStream" },
      createdAtMs: context.clock.now().getTime(),
    });
    return {};
  },

  DescribeSubscriptionFilters(context, { logGroupName: group = "", filterNamePrefix = "", limit, nextToken: token }) {
    getGroup(context, group);
    const all = subscriptionsOf(context, group).filter(({ name }) => name.startsWith(filterNamePrefix));
    const { items, nextToken } = page(all, ({ name }) => name, { token, size: limit ?? 50 });
    return {
      subscriptionFilters: items.map(({ name, pattern, destinationArn, distribution, createdAtMs }) => ({
        ...{ filterName: name, filterPattern: pattern, logGroupName: group, destinationArn },
        distribution: distribution as "ByLogStream",
        creationTime: createdAtMs,
        applyOnTransformedLogs: false,
      })),
      nextToken,
    };
  },

  DeleteSubscriptionFilter(context, { logGroupName: group = "", filterName: name = "" }) {
    getGroup(context, group);
    if (!subscriptions(context).delete(keyOf(group, name))) {
      throw new AwsError("ResourceNotFoundException", "The specified subscription filter does not exist.");
    }
    return {};
  },
};

/** Gone with their group. */
export function deleteSubscriptions(context: Context, group: string): void {
  for (const { name } of subscriptionsOf(context, group)) subscriptions(context).delete(keyOf(group, name));
}

/** CloudWatch Logs tries the function before it keeps the filter: it must be there and let itself be invoked. */
async function tryFunction(context: Context, group: string, FunctionName: string): Promise<void> {
  const sourceArn = `${groupArn(context, group)}:*`;
  try {
    await context.send(new InvokeCommand({ FunctionName, InvocationType: "DryRun" }), { sourceArn });
  } catch (error) {
    if (!(error instanceof AwsError) || error.code === "NotImplemented") throw error;
    throw invalid(
      "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.",
    );
  }
}
