import type * as sdk from "@aws-sdk/client-cloudwatch-logs";
import type { MetricFilter, MetricTransformation } from "@aws-sdk/client-cloudwatch-logs";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { compilePattern } from "./filter-pattern.ts";
import { constraint, getGroup, invalid } from "./records.ts";

export interface MetricFilterRecord {
  readonly name: string;
  readonly group: string;
  readonly pattern: string;
  readonly transformation: MetricTransformation & { metricName: string; metricNamespace: string; metricValue: string };
  readonly createdAtMs: number;
}

const filters = (context: Context) => context.collection<MetricFilterRecord>("metric-filters");
const keyOf = (group: string, name: string) => `${group}\0${name}`;

export const metricFiltersOf = (context: Context, group: string): MetricFilterRecord[] =>
  filters(context)
    .list(keyOf(group, ""))
    .map(({ value }) => value);

const LONGEST_NAME = 512;
const LONGEST_PATTERN = 1024;
const LONGEST_METRIC = 255;
const MOST_FILTERS = 100;
const MOST_DIMENSIONS = 3;

/** Metric filters. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html */
export const metricFilterOperations: Operations<typeof sdk> = {
  PutMetricFilter(context, input) {
    const { logGroupName: group = "", filterName: name = "", filterPattern: pattern = "" } = input;
    const { metricTransformations = [] } = input;
    checkLength(name, "filterName", LONGEST_NAME);
    checkLength(pattern, "filterPattern", LONGEST_PATTERN);
    for (const unsupported of [
      "applyOnTransformedLogs",
      "fieldSelectionCriteria",
      "emitSystemFieldDimensions",
    ] as const) {
      if (input[unsupported]) throw notThere(`metric filters with ${unsupported}`);
    }
    const [transformation] = metricTransformations;
    if (!transformation || metricTransformations.length > 1) {
      const shown = `[${metricTransformations.map(describe).join(", ")}]`;
      throw constraint(shown, "metricTransformations", "have length less than or equal to 1");
    }
    const { metricName = "", metricNamespace = "", metricValue = "", dimensions, defaultValue } = transformation;
    checkLength(metricName, "metricTransformations.1.member.metricName", LONGEST_METRIC);
    if (Object.keys(dimensions ?? {}).length > MOST_DIMENSIONS) {
      throw invalid(`A metric filter can have at most ${MOST_DIMENSIONS} dimensions.`);
    }
    if (dimensions && Object.keys(dimensions).length > 0 && defaultValue !== undefined) {
      throw invalid("Invalid metric transformation: dimensions and default value are mutually exclusive properties.");
    }
    if (!/^\$/.test(metricValue) && (metricValue === "" || Number.isNaN(Number(metricValue)))) {
      throw invalid(`Invalid metric transformation: invalid metric value ${metricValue}`);
    }
    getGroup(context, group);
    compilePattern(pattern);
    const known = filters(context).get(keyOf(group, name));
    if (!known && metricFiltersOf(context, group).length >= MOST_FILTERS) {
      throw new AwsError("LimitExceededException", "Resource limit exceeded.");
    }
    filters(context).put(keyOf(group, name), {
      ...{ name, group, pattern, transformation: { ...transformation, metricName, metricNamespace, metricValue } },
      createdAtMs: context.clock.now().getTime(),
    });
    return {};
  },

  DescribeMetricFilters(context, input) {
    const { logGroupName, filterNamePrefix, metricName, metricNamespace, limit, nextToken: token } = input;
    if (filterNamePrefix !== undefined) checkLength(filterNamePrefix, "filterNamePrefix", LONGEST_NAME);
    if (metricName !== undefined) checkLength(metricName, "metricName", LONGEST_METRIC);
    if (logGroupName !== undefined) getGroup(context, logGroupName);
    if ((metricName === undefined) !== (metricNamespace === undefined)) {
      throw invalid("metricName and metricNamespace must be specified together.");
    }
    const all = filters(context)
      .list(logGroupName === undefined ? "" : keyOf(logGroupName, ""))
      .map(({ value }) => value)
      .filter(({ name }) => name.startsWith(filterNamePrefix ?? ""))
      .filter(({ transformation: given }) => metricName === undefined || given.metricName === metricName)
      .filter(
        ({ transformation: given }) => metricNamespace === undefined || given.metricNamespace === metricNamespace,
      );
    const { items, nextToken } = page(all, ({ group, name }) => keyOf(group, name), { token, size: limit ?? 50 });
    return { metricFilters: items.map(show), nextToken };
  },

  DeleteMetricFilter(context, { logGroupName: group = "", filterName: name = "" }) {
    checkLength(name, "filterName", LONGEST_NAME);
    if (group.length > LONGEST_NAME) {
      throw invalid("Invalid LogGroup or LogStream, both must have length less than or equal to 512.");
    }
    getGroup(context, group);
    if (!filters(context).delete(keyOf(group, name))) {
      throw new AwsError("ResourceNotFoundException", "The specified metric filter does not exist.");
    }
    return {};
  },

  /** Values are given for `$` paths of JSON patterns and the names of space-delimited ones. */
  TestMetricFilter(_context, { filterPattern, logEventMessages = [] }) {
    const pattern = compilePattern(filterPattern);
    const named = [...(filterPattern ?? "").matchAll(/\$(?:\.[\w@-]+|\[[^\]]*\])+/g)].map(([path]) => path);
    const words = filterPattern?.trim().startsWith("[")
      ? [...filterPattern.matchAll(/[[,]\s*(\w+)/g)].map(([, word = ""]) => `$${word}`)
      : [];
    return {
      matches: logEventMessages.flatMap((eventMessage, index) => {
        if (!pattern.matches(eventMessage)) return [];
        const extractedValues: Record<string, string> = {};
        for (const path of [...named, ...words]) {
          const value = pattern.extract(eventMessage, path);
          if (value !== undefined) extractedValues[path] = typeof value === "string" ? value : JSON.stringify(value);
        }
        return [{ eventNumber: index + 1, eventMessage, extractedValues }];
      }),
    };
  },
};

/** Gone with their group. */
export function deleteMetricFilters(context: Context, group: string): void {
  for (const { name } of metricFiltersOf(context, group)) filters(context).delete(keyOf(group, name));
}

const show = ({ name, group, pattern, transformation, createdAtMs }: MetricFilterRecord): MetricFilter => ({
  filterName: name,
  filterPattern: pattern,
  logGroupName: group,
  metricTransformations: [transformation],
  creationTime: createdAtMs,
  applyOnTransformedLogs: false,
});

/** As Java writes it in its errors. */
const describe = ({ metricName, metricNamespace, metricValue, defaultValue, unit, dimensions }: MetricTransformation) =>
  `MetricTransformation(metricName=${metricName}, metricNamespace=${metricNamespace}, metricValue=${metricValue}, defaultValue=${defaultValue ?? null}, unit=${unit ?? null}, dimensions=${dimensions ? JSON.stringify(dimensions) : null})`;

export function checkLength(value: string, name: string, longest: number): void {
  if (value.length > longest) throw constraint(value, name, `have length less than or equal to ${longest}`);
}

export const notThere = (what: string) =>
  new AwsError("NotImplemented", `sandbox: CloudWatch Logs ${what} are not implemented`, { status: 501 });
