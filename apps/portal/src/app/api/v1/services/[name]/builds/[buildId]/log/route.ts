import { readBuildLog } from "@turnpike/domain/pipelines";
import { z } from "zod";
import { eventStream } from "../../../../../../../../server/event-stream.ts";
import { route } from "../../../../../../../../server/route.ts";
import { tailBuildLog } from "../../../../../../../../server/tail-build-log.ts";

const input = z.object({ name: z.string(), buildId: z.string(), cursor: z.string().max(2000).optional() });

/** A chunk as JSON, or, when the client accepts `text/event-stream`, everything up to the build's end. */
export const GET = route({
  permission: "service:read",
  input,
  run: async ({ deps, actor, input: { name, buildId, cursor }, request, log }) => {
    const read = (from: string | undefined) =>
      readBuildLog(deps, actor, { service: name, buildId, ...(from === undefined ? {} : { cursor: from }) });
    // A client that was cut off says where it was.
    const from = request.headers.get("last-event-id") ?? cursor;
    if (!request.headers.get("accept")?.includes("text/event-stream")) return read(from);
    const first = await read(from);
    return eventStream([request.signal, deps.stopping], (send, end) => tailBuildLog({ first, read, send, end, log }));
  },
});
