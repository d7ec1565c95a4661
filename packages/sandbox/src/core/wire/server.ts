import type { IncomingMessage, ServerResponse } from "node:http";
import type { Credentials } from "../credentials.ts";
import type { AwsError } from "../errors.ts";
import { CutConnection, type Faults } from "../faults.ts";
import type { RequestHandler } from "../fronts.ts";
import { invoke, notImplemented } from "../invoke.ts";
import type { Runtimes, Shared } from "../runtime.ts";
import { bareError, type RequestIds, requestIds, send } from "./answer.ts";
import { createAuthenticate, type RawBody } from "./authenticate.ts";
import { loadConstraints } from "./constraints.ts";
import { faultWords, malformedInput, requestTimeout, toAwsError, tooLarge, unknownOperation } from "./errors.ts";
import { createIdentify } from "./identify.ts";
import { type Fields, header, type WireRequest, type WireResponse } from "./message.ts";
import type { OperationModel, Protocol, ServiceModel } from "./model.ts";
import { cbor } from "./protocols/cbor.ts";
import { json } from "./protocols/json.ts";
import type { Call, WireProtocol } from "./protocols/protocol.ts";
import { ec2Query, query } from "./protocols/query.ts";
import { restJson } from "./protocols/rest-json.ts";
import { restXml } from "./protocols/rest-xml.ts";
import { limitOf, PATIENCE, type Patience, readHead, receive, TooLarge, TooSlow } from "./receive.ts";
import { readSignature, type SignedBy, type Unreadable } from "./signature.ts";

const PROTOCOLS: Readonly<Record<Protocol, WireProtocol>> = {
  query,
  ec2Query,
  "json1.0": json,
  "json1.1": json,
  restJson,
  restXml,
  cbor,
};

export interface WireDeps {
  readonly models: readonly ServiceModel[];
  readonly runtimes: Pick<Runtimes, "context">;
  readonly credentials: Pick<Credentials, "lookUp">;
  readonly shared: Pick<Shared, "clock" | "random" | "log" | "defaultRegion">;
  readonly faults: Pick<Faults, "around">;
  /** Default: about AWS's own. */
  readonly patience?: Patience;
  /** Whether AWS's limits of lengths, values and patterns hold. Default: yes. A test of shapes sends what they forbid. */
  readonly hasConstraints?: boolean;
}

/** One request on its way: who sent it, its body as it came, and when its sender hung up. */
interface Arrival {
  readonly by: SignedBy | Unreadable | undefined;
  readonly raw: RawBody;
  readonly ids: RequestIds;
  readonly signal: AbortSignal;
}

/**
 * The AWS port: request in, the caller's own protocol out. Steps, in order: read the signature, read the body (as much as
 * the service takes), identify the operation, authenticate, run, answer. Whatever fails is answered as that protocol
 * writes errors; a request that never arrives whole is never run.
 */
export function createWireHandler(deps: WireDeps): RequestHandler {
  const { models, runtimes, credentials, shared, faults, patience = PATIENCE, hasConstraints = true } = deps;
  const identify = createIdentify(models);
  const constraints = new Map(hasConstraints ? models.map((model) => [model, loadConstraints(model)] as const) : []);
  const authenticate = createAuthenticate(credentials, shared.clock);

  const perform = async (call: Call, { by, raw, ids, signal }: Arrival): Promise<WireResponse> => {
    const { requestId } = ids;
    const operation = call.model.operations.get(call.operationName);
    if (!operation || (call.form && call.form.Version !== call.model.version)) throw unknownOperation(call);
    const caller = authenticate(call, by, raw);
    if (!call.model.definition.operations[operation.name]) throw notImplemented(call.model, operation.name);
    const protocol = PROTOCOLS[call.protocol];
    const region = by?.region ?? shared.defaultRegion;
    const traceHeader = header(call.request, "x-amzn-trace-id");
    const origin = { account: caller.account, region, caller, internal: false, requestId, signal, traceHeader };
    const context = runtimes.context(call.model, origin);
    const target = { service: call.model.signingName, operation: operation.name, account: caller.account };
    const words = faultWords(call, caller);
    const output = await faults.around(target, words, async () => {
      const input = readInput(protocol, call, operation);
      constraints.get(call.model)?.(operation.name, input);
      return invoke(call.model, operation, context, input);
    });
    return protocol.writeOutput(call, operation, output as Fields, requestId);
  };

  const run = async (call: Call, arrival: Arrival): Promise<WireResponse> => {
    const { requestId } = arrival.ids;
    try {
      return await perform(call, arrival);
    } catch (thrown) {
      if (thrown instanceof CutConnection) throw thrown;
      const error = toAwsError(thrown);
      const operation = `${call.model.name}.${call.operationName}`;
      if (error !== thrown) shared.log("request.crashed", { operation, requestId, error: stackOf(thrown) });
      else shared.log("request.refused", { operation, requestId, code: error.code, message: error.message });
      return PROTOCOLS[call.protocol].writeError(call, error, arrival.ids.requestId, arrival.ids.hostId);
    }
  };

  /** An answer to a request that wasn't read whole, or that no service is found for. */
  const refuse = (
    incoming: IncomingMessage,
    head: WireRequest,
    error: AwsError,
    by: Arrival["by"],
    ids: RequestIds,
  ) => {
    shared.log("request.refused", { operation: head.path, requestId: ids.requestId, code: error.code });
    const call = identify.guess(head, by);
    if (!call || error.status === 501) return bareError(incoming, error, ids.requestId);
    return PROTOCOLS[call.protocol].writeError(call, error, ids.requestId, ids.hostId);
  };

  return async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const hangUp = new AbortController();
    outgoing.once("close", () => hangUp.abort());
    const head = readHead(incoming);
    const by = readSignature(head);
    const guessed = identify.guess(head, by);
    let ids = requestIds(shared.random, guessed?.protocol === "restXml");
    try {
      const { request, raw } = await receive(incoming, head, limitOf(by?.signingName), patience);
      const call = identify.call(request, by);
      if (!ids.hostId && call.protocol === "restXml") ids = requestIds(shared.random, true);
      send(outgoing, head.method, await run(call, { by, raw, ids, signal: hangUp.signal }), ids);
    } catch (thrown) {
      if (incoming.destroyed && !incoming.complete) return;
      if (thrown instanceof CutConnection) {
        incoming.socket.destroy();
        return;
      }
      if (thrown instanceof TooSlow && guessed?.protocol !== "restXml") {
        send(outgoing, head.method, { status: 408, headers: {}, body: undefined }, ids, true);
        return;
      }
      const error = explain(guessed, thrown);
      send(outgoing, head.method, refuse(incoming, head, error, by, ids), ids, !incoming.complete);
    }
  };
}

function explain(call: Call | undefined, thrown: unknown): AwsError {
  if (thrown instanceof TooSlow) return requestTimeout();
  return thrown instanceof TooLarge ? tooLarge(call, thrown) : toAwsError(thrown);
}

function readInput(protocol: WireProtocol, call: Call, operation: OperationModel): Fields {
  try {
    return protocol.readInput(call, operation);
  } catch (thrown) {
    throw malformedInput(call, thrown);
  }
}

const stackOf = (thrown: unknown) => (thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
