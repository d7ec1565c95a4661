import type { AwsError } from "../../errors.ts";
import type { FormNode } from "../form.ts";
import type { Fields, WireRequest, WireResponse } from "../message.ts";
import type { OperationModel, Protocol, ServiceModel } from "../model.ts";

/** One request, as far as it is understood. */
export interface Call {
  readonly model: ServiceModel;
  readonly operationName: string;
  /** The protocol that the caller speaks; the service's own may be another. */
  readonly protocol: Protocol;
  readonly request: WireRequest;
  /** Of a query request. */
  readonly form?: FormNode;
  /** Of a REST request: what its path says. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A protocol, seen from the server: bytes to typed input, typed output and errors to bytes. */
export interface WireProtocol {
  readInput(call: Call, operation: OperationModel): Fields;
  writeOutput(call: Call, operation: OperationModel, output: Fields, requestId: string): WireResponse;
  /** `hostId`: S3's alone. */
  writeError(call: Call, error: AwsError, requestId: string, hostId?: string): WireResponse;
}
