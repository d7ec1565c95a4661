import * as sdk from "@aws-sdk/client-xray";
import type { ServiceRuntime } from "../../core/context.ts";
import type { FrontDefinition } from "../../core/fronts.ts";
import { defineService } from "../../core/service.ts";
import { readDatagram } from "./daemon.ts";
import { groupOperations } from "./groups.ts";
import { ingest, putTraceSegments, readDocument } from "./put-segments.ts";
import { readOperations } from "./read-traces.ts";
import { samplingOperations } from "./sampling.ts";
import { dropOldTraces, openSegments, scopeOfTrace } from "./segments.ts";
import { graphOperations } from "./service-graph.ts";
import { transactionSearchOperations } from "./transaction-search.ts";

const SWEEP_MS = 3600 * 1000;

/**
 * AWS X-Ray: segment documents, from PutTraceSegments and from the daemon's UDP port, in X-Ray's JSON or as OTLP; trace
 * summaries by filter expression, whole traces, the graphs of services and of traces, groups, sampling rules and targets;
 * Transaction Search, with spans as lines of `aws/spans`.
 *
 * Gaps: insights, time series of services, statistics of sampling rules, encryption settings, resource policies and trace
 * retrieval answer 501; of OTLP's links and events only exceptions are read; summaries name no root causes. A trace is
 * there as soon as it was sent, in realistic mode ten seconds after it began.
 * https://docs.aws.amazon.com/xray/latest/api/
 */
export const xray = defineService({
  sdk,
  client: "XRayClient",
  operations: {
    ...readOperations,
    ...graphOperations,
    ...groupOperations,
    ...samplingOperations,
    ...transactionSearchOperations,
    PutTraceSegments: putTraceSegments,
  },
  start(runtime) {
    openSegments(runtime);
    const ending = new AbortController();
    void sweep(runtime, ending.signal);
    return { stop: async () => ending.abort() };
  },
});

async function sweep(runtime: ServiceRuntime, ending: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await runtime.clock.sleep(SWEEP_MS, ending);
    } catch {
      // The sandbox is stopping.
      return;
    }
    dropOldTraces(runtime);
  }
}

/** Where datagrams of a trace that nobody knows go. */
const TOOLING = { account: "111111111111", region: "eu-west-1" };

/**
 * The daemon's port. A datagram doesn't say whose it is: it belongs to the account in which its trace was seen first,
 * otherwise to the tooling account. Functions get ports of their own accounts from Lambda instead.
 */
export const xrayDaemon: Extract<FrontDefinition, { name: "xray" }> = {
  name: "xray",
  service: xray,
  receiver: (runtime) => (datagram) => {
    const document = readDatagram(datagram);
    const segments = document === undefined ? { problem: "no daemon header" } : readDocument(document);
    if (!Array.isArray(segments)) {
      runtime.log("datagram.refused", segments);
      return;
    }
    const { sql } = runtime.storeOf("", "");
    for (const segment of segments) {
      const { account, region } = scopeOfTrace(sql, segment.trace_id) ?? TOOLING;
      ingest(runtime.contextFor(account, region), [segment]).catch((error: unknown) => {
        runtime.log("datagram.lost", { trace: segment.trace_id, error: String(error) });
      });
    }
  },
};
