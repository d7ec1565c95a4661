import { randomUUID } from "node:crypto";
import { AppError } from "@turnpike/kernel";
import { notFound } from "next/navigation";
import { container } from "./deps.ts";
import { type Problem, problemOf } from "./errors.ts";

export type Loaded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

/**
 * Reads something for a page. An error that may be shown comes back as data, so that the page can show it in its place;
 * what isn't there becomes the not-found page; anything unexpected goes to the error boundary.
 */
export async function load<T>(read: () => Promise<T>): Promise<Loaded<T>> {
  try {
    return { ok: true, value: await read() };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.kind === "not-found") notFound();
    const requestId = randomUUID();
    const { log } = await container();
    const problem = problemOf(error, requestId);
    const fields = { requestId, code: problem.code };
    if (problem.status >= 500) log.warn({ ...fields, err: error }, "a part of a page could not be read");
    else log.info({ ...fields, reason: problem.message }, "a part of a page was refused");
    return { ok: false, problem };
  }
}
