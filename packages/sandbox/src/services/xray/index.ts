import * as sdk from "@aws-sdk/client-xray";
import type { FrontDefinition } from "../../core/fronts.ts";
import { defineService } from "../../core/service.ts";
import { readDatagram } from "./daemon.ts";
import { putTraceSegments, readDocument } from "./put-segments.ts";
import { readOperations } from "./read-traces.ts";
import { openSegments, scopeOfTrace, writeSegments } from "./segments.ts";

/**
 * AWS X-Ray: segment documents, from PutTraceSegments and from the daemon's UDP port, in X-Ray's JSON or as OTLP; trace
 * summaries by filter expression, whole traces, the service graph.
 *
 * Gaps: sampling rules, groups, insights, encryption settings and Transaction Search answer 501; of OTLP's links and
 * events only exceptions are read. A trace is there as soon as it was sent, where AWS takes seconds.
 * https://docs.aws.amazon.com/xray/latest/api/
 */
export const xray = defineService({
  sdk,
  client: "XRayClient",
  operations: { ...readOperations, PutTraceSegments: putTraceSegments },
  start(runtime) {
    openSegments(runtime);
    return { stop: async () => undefined };
  },
});

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
    for (const segment of segments) writeSegments(sql, scopeOfTrace(sql, segment.trace_id) ?? TOOLING, [segment]);
  },
};
