import { createSocket } from "node:dgram";
import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { AWSXRayIdGenerator } from "@opentelemetry/id-generator-aws-xray";
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { AWSXRayLambdaPropagator } from "@opentelemetry/propagator-aws-xray-lambda";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from "@opentelemetry/sdk-trace-base";

/** A datagram holds 64 KB: a few spans fit, however many attributes they have. */
const SPANS_PER_DATAGRAM = 10;

/** Longest that an answer waits for its spans to be handed to the daemon. */
const FLUSH_MS = 500;

const provider = start(process.env.AWS_XRAY_DAEMON_ADDRESS);
const tracer = trace.getTracer("service");

/**
 * Sends spans to the X-Ray daemon that Lambda runs beside a traced function: OTLP as base64 in a datagram, as AWS's own
 * distribution of OpenTelemetry does. Nothing waits for the network but one send on loopback, and a span that is lost
 * fails no request. Undefined where there is no daemon (on a laptop, in unit tests): spans then cost nothing.
 */
function start(daemon: string | undefined): BasicTracerProvider | undefined {
  const [host, port] = daemon?.split(":") ?? [];
  if (!host || !port) return undefined;
  const socket = createSocket("udp4");
  socket.unref();
  const exporter: SpanExporter = {
    export(spans, done) {
      const request = Buffer.from(ProtobufTraceSerializer.serializeRequest(spans) ?? []).toString("base64");
      socket.send(`{"format":"json","version":1}\nT1S${request}`, Number(port), host, (error) =>
        done(error ? { code: 1, error } : { code: 0 }),
      );
    },
    async shutdown() {
      socket.close();
    },
  };
  const started = new BasicTracerProvider({
    idGenerator: new AWSXRayIdGenerator(),
    resource: resourceFromAttributes({
      "service.name": process.env.POWERTOOLS_SERVICE_NAME ?? "service",
      "cloud.provider": "aws",
      "cloud.platform": "aws_lambda",
      "cloud.region": process.env.AWS_REGION ?? "",
      "faas.name": process.env.AWS_LAMBDA_FUNCTION_NAME ?? "",
      "faas.version": process.env.AWS_LAMBDA_FUNCTION_VERSION ?? "",
    }),
    spanProcessors: [
      new BatchSpanProcessor(exporter, { maxExportBatchSize: SPANS_PER_DATAGRAM, exportTimeoutMillis: FLUSH_MS }),
    ],
  });
  trace.setGlobalTracerProvider(started);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new AWSXRayLambdaPropagator());
  return started;
}

/**
 * Runs work in a span below Lambda's own; what it throws is in the span, and is thrown on. A trace that Lambda doesn't
 * sample is not recorded here either.
 */
export function inSpan<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  // The propagator takes Lambda's trace header from the environment, where it is new for each invocation.
  const parent = propagation.extract(ROOT_CONTEXT, {});
  return tracer.startActiveSpan(name, { kind: SpanKind.SERVER, attributes }, parent, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.recordException(error instanceof Error ? error : String(error));
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Sends what was recorded, before the answer: afterwards the process is frozen. A span that is lost fails no work. */
export async function flushTraces(): Promise<void> {
  await provider?.forceFlush().catch(() => undefined);
}
