import { type ApiRequest, boundedText, type Fields, fieldsIn, fieldsOf, type GitHub, text, timestamp } from "../api.ts";
import { invalid, missing } from "../errors.ts";
import type { AnnotationRecord, CheckRunRecord } from "../rows.ts";

/** What a request makes of a check run. Source: https://docs.github.com/en/rest/checks/runs */

const statuses = ["queued", "in_progress", "completed"] as const;
const conclusions = ["action_required", "cancelled", "failure", "neutral", "skipped", "success", "timed_out"] as const;
const levels = ["failure", "notice", "warning"] as const;
/** GitHub's most annotations in one request. */
const MOST_ANNOTATIONS = 50;

const wrong = (field: string, message: string) => invalid("CheckRun", field, message);

function oneOf<T extends string>(known: readonly T[], field: string, value: unknown): T | undefined {
  if (value === undefined) return undefined;
  const found = known.find((candidate) => candidate === value);
  if (!found) throw wrong(field, `${field} is not one of ${known.join(", ")}`);
  return found;
}

function annotationOf(given: Fields): AnnotationRecord {
  const level = oneOf(levels, "annotation_level", given.annotation_level);
  const path = text(given.path);
  const message = text(given.message);
  const { start_line: startLine, end_line: endLine } = given;
  if (!level || !path || !message || typeof startLine !== "number" || typeof endLine !== "number") {
    throw wrong("annotations", "An annotation has a path, start_line, end_line, annotation_level and message");
  }
  return { path, startLine, endLine, level, message, title: text(given.title) ?? null };
}

/** What a run tells after a request; annotations are added to those that it has. */
function outputOf(known: CheckRunRecord["output"], given: unknown): CheckRunRecord["output"] {
  const fields = fieldsOf(given);
  if (!fields) return known;
  const { title, summary, text: told, annotations, images } = fields;
  if (Array.isArray(images) && images.length > 0) throw missing("images in a check run");
  if (!text(title) || text(summary) === undefined) throw wrong("output", "output needs a title and a summary");
  const added = fieldsIn(annotations ?? []);
  if (!added) throw wrong("annotations", "annotations is a list of objects");
  if (added.length > MOST_ANNOTATIONS) throw wrong("annotations", `at most ${MOST_ANNOTATIONS} annotations at a time`);
  return {
    title: text(title) ?? null,
    summary: boundedText("CheckRun", "summary", summary) ?? null,
    text: boundedText("CheckRun", "text", told) ?? known.text,
    annotations: [...known.annotations, ...added.map(annotationOf)],
  };
}

/** A run's fields as a request changes them: a conclusion ends it, whatever status was sent. */
export function runFields(github: GitHub, run: Omit<CheckRunRecord, "id" | "suiteId">, { body }: ApiRequest) {
  const conclusion = oneOf(conclusions, "conclusion", body.conclusion) ?? null;
  const status = conclusion ? "completed" : (oneOf(statuses, "status", body.status) ?? run.status);
  const ended = conclusion ?? (status === "completed" ? run.conclusion : null);
  if (status === "completed" && !ended) throw wrong("conclusion", "conclusion is needed with the status completed");
  if (Array.isArray(body.actions) && body.actions.length > 0) throw missing("actions of a check run");
  return {
    name: text(body.name) ?? run.name,
    status,
    conclusion: ended,
    startedAt: text(body.started_at) ?? run.startedAt,
    completedAt: status === "completed" ? (text(body.completed_at) ?? run.completedAt ?? timestamp(github)) : null,
    externalId: text(body.external_id) ?? run.externalId,
    detailsUrl: text(body.details_url) ?? run.detailsUrl,
    output: outputOf(run.output, body.output),
  };
}
