import { expect, test } from "vitest";
import type { BusEvent } from "./records.ts";
import { checkInput, inputFor } from "./target-input.ts";

const event: BusEvent = {
  version: "0",
  id: "1",
  "detail-type": "core.update-account-command",
  source: "core",
  account: "111111111111",
  time: "2026-11-24T00:00:00Z",
  region: "eu-west-1",
  resources: [],
  detail: {
    userId: "0a78",
    payload: { acc_id: "0a78", sf_id: "baz" },
    listsingle: ["HIGH"],
    listmulti: ["ACTIVE", "INACTIVE"],
    valid: true,
    items: [{ id: 7 }],
    quoted: 'say "hi"',
  },
};
const rule = { name: "r", arn: "arn:aws:events:eu-west-1:111111111111:rule/r", enabled: true, tags: [] };
const names = ["userId", "payload", "listsingle", "listmulti", "valid", "systemstring", "quoted"];
const InputPathsMap = {
  ...Object.fromEntries(names.map((name) => [name, `$.detail.${name}`])),
  item: "$.detail.items[0].id",
};

/** Templates and what AWS made of them, as recorded; those below the line are ours. */
test.each<[string, string | undefined]>([
  ['{"path": "users/<userId>", "bod": <payload>}', '{"path": "users/0a78", "bod": {"acc_id":"0a78","sf_id":"baz"}}'],
  ['{"id" : <userId>}', '{"id" : "0a78"}'],
  ['{"id" : "<userId>"}', '{"id" : "0a78"}'],
  ['{"bod": [<userId>, "hardcoded"]}', '{"bod": ["0a78", "hardcoded"]}'],
  ['{"singlelistitem": <listsingle>}', '{"singlelistitem": ["HIGH"]}'],
  ['{"singlelistitem": "<listsingle>"}', undefined],
  ["<listsingle> single list item", undefined],
  ['"Command is <valid>!"', '"Command is true!"'],
  ['"<listmulti> multiple list items"', '"[ACTIVE,INACTIVE] multiple list items"'],
  ['"Payload of <payload> and <userId>"', '"Payload of {acc_id:0a78,sf_id:baz} and 0a78"'],
  ['"<listsingle> one"\n"<systemstring> two"', '"[HIGH] one"\n" two"'],
  ['{"rule": "<aws.events.rule-name>"}', '{"rule": "r"}'],
  ['{"item": <item>, "missing": <systemstring>}', '{"item": 7, "missing": ""}'],
  ['{"text": "<quoted>"}', '{"text": "say \\"hi\\""}'],
])("the template %s", (InputTemplate, expected) => {
  const InputTransformer = { InputPathsMap, InputTemplate };
  expect(inputFor({ Id: "t", Arn: "", InputTransformer }, rule, event)).toBe(expected);
});

test("what can't be a target's input is refused in AWS's words", () => {
  const check = (target: object) => () => checkInput({ Id: "t", Arn: "", ...target });
  expect(check({ Input: "{}", InputPath: "$.detail" })).toThrow(
    "Only one of Input, InputPath, or InputTransformer must be provided for target t.",
  );
  expect(check({ InputTransformer: { InputPathsMap: {}, InputTemplate: '"<unknown>"' } })).toThrow(
    "InputTemplate for target t contains invalid placeholder unknown.",
  );
  expect(check({ Input: "not JSON" })).toThrow("JSON syntax error in input for target t");
});
