import type { Reading } from "@turnpike/domain/telemetry";
import { absoluteTime, Notice } from "@turnpike/ui";
import { partsOf } from "../frame/parts-of.ts";

/** An account that can't be read is unknown, never well. */
export function Unreadable({
  reading,
  what,
}: {
  reading: Extract<Reading<unknown>, { kind: "unreadable" }>;
  what: string;
}) {
  const { happened, rest } = partsOf(reading.reason);
  return (
    <Notice state="unknown" title={`${what} unknown since ${absoluteTime(reading.since)}`} className="m-4">
      <p>Because: {happened}</p>
      {rest && <p>{rest}</p>}
    </Notice>
  );
}
