/** What a route answers. The body is sent as JSON. */
export interface Reply {
  readonly status: number;
  readonly body: object;
}

/** A request that can't be answered as asked: the caller sees `status`, `code` and `message`. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
