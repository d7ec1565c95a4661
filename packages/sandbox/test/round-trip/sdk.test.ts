import { afterAll, beforeAll, expect, test } from "vitest";
import { services } from "../../src/registry.ts";
import { type Recorder, startRecorder } from "./recorder.ts";
import { problemsOf, sdkErrors, sdkOperations } from "./sdk.ts";

/*
 * Each operation of each registered service, implemented or not: a random typed input from the real SDK client over HTTP
 * to a handler, and a random typed output back; and each modelled error. Signatures are verified on the way.
 */

let recorder: Recorder;
beforeAll(async () => {
  recorder = await startRecorder();
});
afterAll(() => recorder.close());

function model(client: string) {
  const found = recorder.models.find((candidate) => candidate.definition.client === client);
  if (!found) throw new Error(`${client} isn't registered.`);
  return found;
}

test.each(services.map(({ client }) => client))(
  "%s: every operation's input and output arrive unchanged",
  { timeout: 60_000 },
  async (client) => {
    expect(problemsOf(await sdkOperations(recorder, model(client)))).toEqual([]);
  },
);

test.each(services.map(({ client }) => client))(
  "%s: every modelled error arrives as the SDK's own class",
  async (client) => {
    expect(problemsOf(await sdkErrors(recorder, model(client)))).toEqual([]);
  },
);
