import type * as sdk from "@aws-sdk/client-cloudwatch";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";

interface DashboardRecord {
  readonly name: string;
  readonly body: string;
  readonly modifiedAt: string;
}

const dashboards = (context: Context) => context.collection<DashboardRecord>("dashboards");
/** Dashboards are an account's, not a region's. */
const arnOf = ({ account }: Context, name: string) => `arn:aws:cloudwatch::${account}:dashboard/${name}`;
const PAGE = 1000;

/**
 * Dashboards are kept and given back as they were put; only that the body is a JSON object is checked, not its widgets.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export const dashboardOperations: Operations<typeof sdk> = {
  PutDashboard(context, { DashboardName: name = "", DashboardBody: body = "" }) {
    if (!/^[A-Za-z0-9_-]{1,255}$/.test(name)) {
      throw new AwsError(
        "InvalidParameterValueException",
        "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).\n",
      );
    }
    if (!isObject(body)) {
      const DataPath = "";
      const Message = "The field DashboardBody must be a valid JSON object";
      throw new AwsError("DashboardInvalidInputError", `The dashboard body is invalid: ${Message}`, {
        members: { dashboardValidationMessages: [{ DataPath, Message }] },
      });
    }
    dashboards(context).put(name, { name, body, modifiedAt: context.clock.now().toISOString() });
    return { DashboardValidationMessages: [] };
  },

  GetDashboard(context, { DashboardName: name = "" }) {
    const { body } = getDashboard(context, name);
    return { DashboardArn: arnOf(context, name), DashboardName: name, DashboardBody: body };
  },

  ListDashboards(context, { DashboardNamePrefix, NextToken }) {
    const all = dashboards(context)
      .list(DashboardNamePrefix)
      .map(({ value }) => value);
    const { items, nextToken } = page(all, ({ name }) => name, { token: NextToken, size: PAGE });
    return {
      DashboardEntries: items.map(({ name, body, modifiedAt }) => ({
        DashboardName: name,
        DashboardArn: arnOf(context, name),
        LastModified: new Date(modifiedAt),
        Size: Buffer.byteLength(body),
      })),
      NextToken: nextToken,
    };
  },

  /** All or none. */
  DeleteDashboards(context, { DashboardNames = [] }) {
    for (const name of DashboardNames) getDashboard(context, name);
    context.store.transaction(() => {
      for (const name of DashboardNames) dashboards(context).delete(name);
    });
    return {};
  },
};

function getDashboard(context: Context, name: string): DashboardRecord {
  const dashboard = dashboards(context).get(name);
  if (dashboard) return dashboard;
  throw new AwsError("DashboardNotFoundError", `Dashboard ${name} does not exist`);
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    // What isn't JSON is no dashboard.
    return false;
  }
}
