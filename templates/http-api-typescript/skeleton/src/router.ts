/** What a route answers with. */
export interface Answer {
  readonly status: number;
  readonly body: object;
}

export interface Route {
  /** As API Gateway names it: `GET /hello/{name}`. */
  readonly key: string;
  readonly handle: (parameters: Readonly<Record<string, string>>) => Answer | Promise<Answer>;
}

const NAME_MAX = 50;

/** The routes of the service. Pure: no event, no environment, no clock. */
export function routes(service: { name: string; environment: string }): readonly Route[] {
  return [
    {
      key: "GET /",
      handle: () => ({ status: 200, body: { service: service.name, environment: service.environment } }),
    },
    { key: "GET /health", handle: () => ({ status: 200, body: { status: "ok" } }) },
    {
      key: "GET /hello/{name}",
      handle: ({ name = "" }) => {
        if (name.trim() === "" || name.length > NAME_MAX) {
          return { status: 400, body: { error: "invalid_name", message: `A name has 1 to ${NAME_MAX} characters.` } };
        }
        return { status: 200, body: { message: `Hello, ${name}` } };
      },
    },
  ];
}

/** Answers a route by its key. An error inside a route is the caller's to log and to hide. */
export async function dispatch(
  table: readonly Route[],
  key: string,
  parameters: Readonly<Record<string, string>>,
): Promise<Answer> {
  const route = table.find((candidate) => candidate.key === key);
  if (!route) return { status: 404, body: { error: "not_found", message: "There is no such route." } };
  return route.handle(parameters);
}
