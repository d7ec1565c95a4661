import { botocoreRoundTrips, pythonWithBotocore } from "../../packages/sandbox/test/round-trip/botocore.ts";
import { startRecorder } from "../../packages/sandbox/test/round-trip/recorder.ts";
import { problemsOf, type RoundTrip, sdkErrors, sdkOperations } from "../../packages/sandbox/test/round-trip/sdk.ts";
import { print } from "./figure.ts";

/**
 * How many operations of the registered services carry a random typed input to the wire and a random typed output back,
 * exactly: with the JavaScript SDK, and with botocore in each protocol that it has for the service. Modelled errors are
 * counted beside them. What is left over is listed with its reason.
 */
export async function run(): Promise<void> {
  const recorder = await startRecorder();
  try {
    const operations: RoundTrip[] = [];
    const errors: RoundTrip[] = [];
    for (const model of recorder.models) {
      operations.push(...(await sdkOperations(recorder, model)));
      errors.push(...(await sdkErrors(recorder, model)));
    }
    report("wire.sdk_pct", operations, errors, {});

    const python = pythonWithBotocore();
    if (!python) {
      console.log("wire.botocore_pct: skipped, no python3 here can import botocore");
      return;
    }
    const { version, trips, unknown } = await botocoreRoundTrips(recorder, python);
    report(
      "wire.botocore_pct",
      trips.filter((trip) => !trip.error),
      trips.filter((trip) => trip.error),
      { botocore: version },
    );
    if (unknown.length > 0) console.log(`not in the pinned SDK clients, so not counted: ${unknown.join(", ")}`);
  } finally {
    await recorder.close();
  }
}

function report(figure: string, operations: readonly RoundTrip[], errors: readonly RoundTrip[], further: object): void {
  const exact = (trips: readonly RoundTrip[]) => trips.filter((trip) => !trip.leftOut && trip.problems.length === 0);
  const passed = exact(operations).length;
  print(figure, (100 * passed) / operations.length, operations.length, {
    exact: passed,
    errors: errors.length,
    errorsExact: exact(errors).length,
    ...further,
  });
  for (const problem of problemsOf([...operations, ...errors])) console.log(`  ${problem}`);
  for (const { service, operation, leftOut } of operations) {
    if (leftOut) console.log(`  ${service} ${operation} left out: ${leftOut}`);
  }
}
