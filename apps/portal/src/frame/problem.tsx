import { ErrorNotice } from "@turnpike/ui";
import type { Problem } from "../server/errors.ts";
import { partsOf } from "./parts-of.ts";

/** An error of the server, in the place of what could not be read or done. */
export function ProblemNotice({ problem, className }: { problem: Problem; className?: string }) {
  const { happened, rest } = partsOf(problem.message);
  return (
    <ErrorNotice
      happened={happened}
      next={rest}
      {...(problem.status >= 500 ? { reference: problem.requestId } : {})}
      {...(className ? { className } : {})}
    />
  );
}
