import { expect, onTestFinished, test } from "vitest";
import { botocoreRoundTrips, pythonWithBotocore } from "./botocore.ts";
import { startRecorder } from "./recorder.ts";
import { problemsOf } from "./sdk.ts";

const python = pythonWithBotocore();

test.skipIf(!python)(
  "botocore carries every operation and every modelled error unchanged, in every protocol that it has for a service (needs Python with botocore)",
  { timeout: 120_000 },
  async () => {
    const recorder = await startRecorder();
    onTestFinished(() => recorder.close());
    const { trips } = await botocoreRoundTrips(recorder, python ?? "");
    expect(problemsOf(trips)).toEqual([]);
    expect(new Set(trips.map(({ through }) => through))).toContain("cloudwatch query");
  },
);
