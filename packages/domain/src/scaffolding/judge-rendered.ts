import { type Template, TemplateError } from "@turnpike/cloudformation";
import {
  type Delivery,
  judgeStandards,
  openSubject,
  type RuleView,
  type Standards,
  standardsView,
} from "../standards/index.ts";

const TEMPLATE_FILE = "template.yaml";

/** What `read` makes of a rendered template; undefined where it couldn't be deployed at all. */
function ofTemplate<T>(files: ReadonlyMap<string, string>, read: (text: string) => T): T | undefined {
  const text = files.get(TEMPLATE_FILE);
  if (text === undefined) return undefined;
  try {
    return read(text);
  } catch (error) {
    if (error instanceof TemplateError) return undefined;
    throw error;
  }
}

/** What the standards say of a rendered repository; undefined where its template couldn't be deployed at all. */
export function judgeRendered(
  files: ReadonlyMap<string, string>,
  service: string,
  { standards, delivery, now }: { standards: Standards; delivery: Delivery; now: Date },
): RuleView[] | undefined {
  return ofTemplate(files, (text) => {
    const subject = openSubject({ file: TEMPLATE_FILE, text, files, delivery });
    return standardsView(judgeStandards(subject, { service, standards, today: now.toISOString().slice(0, 10) }));
  });
}

/** A rendered template as the last of its environments deploys it; undefined where it can't. */
export function expandRendered(files: ReadonlyMap<string, string>, environment: string): Template | undefined {
  const config = JSON.parse(files.get(`config/${environment}.json`) ?? "{}") as { Parameters?: Record<string, string> };
  const parameters = new Map(Object.entries(config.Parameters ?? {}));
  return ofTemplate(files, (text) => openSubject({ file: TEMPLATE_FILE, text, files, parameters }).expanded);
}
