import { type MetricDatum, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import type { ServiceRuntime } from "../../../core/context.ts";

interface Observation {
  readonly account: string;
  readonly region: string;
  readonly apiId: string;
  readonly stage: string;
  readonly status: number;
  readonly latencyMs: number;
  readonly integrationLatencyMs: number | undefined;
}

export interface RequestMetrics {
  record(observation: Observation): void;
  flush(): Promise<void>;
}

const COLLECT_MS = 100;
const DATA = 1000;

/** Requests are collected for a moment and written together, after they were answered: as with Lambda's own metrics. */
export function createRequestMetrics(runtime: ServiceRuntime): RequestMetrics {
  let collected: (Observation & { at: Date })[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const write = async (batch: typeof collected) => {
    const scopes = Map.groupBy(batch, ({ account, region }) => `${account}/${region}`);
    for (const observations of scopes.values()) {
      const [first] = observations;
      if (!first) continue;
      const data = observations.flatMap(toData);
      const { send } = runtime.contextFor(first.account, first.region);
      for (let from = 0; from < data.length; from += DATA) {
        try {
          await send(
            new PutMetricDataCommand({ Namespace: "AWS/ApiGateway", MetricData: data.slice(from, from + DATA) }),
          );
        } catch (error) {
          // The requests were answered long ago; what is lost is said in the sandbox's own log.
          runtime.log("metrics.lost", { error: String(error) });
        }
      }
    }
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const batch = collected;
    collected = [];
    writing = writing.then(() => write(batch));
    return writing;
  };

  return {
    record(observation) {
      collected.push({ ...observation, at: runtime.clock.now() });
      timer ??= setTimeout(() => void flush(), COLLECT_MS);
    },
    flush,
  };
}

function toData(observation: Observation & { at: Date }): MetricDatum[] {
  const { apiId, stage, status, latencyMs, integrationLatencyMs, at } = observation;
  const api = { Name: "ApiId", Value: apiId };
  return [[api], [api, { Name: "Stage", Value: stage }]].flatMap((Dimensions): MetricDatum[] => {
    const common = { Dimensions, Timestamp: at };
    const count = (MetricName: string, Value: number): MetricDatum => ({ ...common, MetricName, Value, Unit: "Count" });
    const time = (MetricName: string, Value: number): MetricDatum => ({
      ...common,
      MetricName,
      Value,
      Unit: "Milliseconds",
    });
    return [
      count("Count", 1),
      count("4xx", status >= 400 && status < 500 ? 1 : 0),
      count("5xx", status >= 500 ? 1 : 0),
      time("Latency", latencyMs),
      ...(integrationLatencyMs === undefined ? [] : [time("IntegrationLatency", integrationLatencyMs)]),
    ];
  });
}
