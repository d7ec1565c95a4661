import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { HttpError, type Reply } from "./http.ts";

export type Route = (event: APIGatewayProxyEventV2) => Reply | Promise<Reply>;

/** Letters of any script, with what stands inside names. */
const NAME = /^[\p{L}\p{M}\p{N} .'’-]{1,50}$/u;

/** The operations of openapi.yaml, by the route key under which template.yaml announces them to the API. */
export const routes: Readonly<Record<string, Route>> = {
  "GET /": () => ({
    status: 200,
    body: {
      service: process.env.POWERTOOLS_SERVICE_NAME ?? "local",
      environment: process.env.ENVIRONMENT ?? "local",
      version: process.env.AWS_LAMBDA_FUNCTION_VERSION ?? "local",
    },
  }),

  "GET /health": () => ({ status: 200, body: { status: "ok" } }),

  "GET /hello/{name}": ({ pathParameters }) => {
    const name = pathParameters?.name?.trim() ?? "";
    if (!NAME.test(name)) {
      throw new HttpError(
        400,
        "invalid-name",
        "A name has 1 to 50 letters, digits, spaces, dots, hyphens or apostrophes.",
      );
    }
    return { status: 200, body: { message: `Hello, ${name}!` } };
  },
};
