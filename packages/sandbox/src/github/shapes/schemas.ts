import type { components } from "@octokit/openapi-types/types.d.ts";

/** GitHub's own description of its answers: what the sandbox leaves out or writes differently doesn't compile. */
export type Schemas = components["schemas"];

export const nodeId = (kind: string, id: number | string) => Buffer.from(`${kind}:${id}`).toString("base64");
