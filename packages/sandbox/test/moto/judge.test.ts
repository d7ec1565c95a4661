import { expect, test } from "vitest";
import { compare } from "./clients.ts";
import { createJudge } from "./judge.ts";
import type { Judged } from "./judged/row.ts";

const row: Judged = {
  scenario: "sqs",
  operation: "SendMessage",
  differs: ['$refused: "TooLong" 400 / answered', /^Md5: "[0-9a-f]{2}" \/ absent$/],
  sandbox: "refuses",
  moto: "doesn't",
  judge: "sandbox",
  source: "https://docs.aws.amazon.com",
};
const [refused, md5] = ['$refused: "TooLong" 400 / answered', 'Md5: "0a" / absent'] as const;

test("a call that one side refuses is one difference, whatever the other answered", () => {
  const refusal = { operation: "SendMessage", refusal: '"TooLong" 400' };
  const answer = { operation: "SendMessage", answer: { MessageId: "<unique>", Md5: "0a" } };
  expect(compare([refusal], [answer])).toEqual([[refused]]);
  expect(compare([refusal], [{ ...refusal, refusal: '"Gone" 404' }])).toEqual([
    ['$refused: "TooLong" 400 / "Gone" 404'],
  ]);
  expect(compare([refusal], [refusal])).toEqual([[]]);
});

test("a row judges its own call's differences to the last character, and no other", () => {
  const judge = createJudge([row]);
  expect(judge.rowOf("sqs", "SendMessage", refused)).toBe(row);
  expect(judge.rowOf("sqs", "SendMessage", md5)).toBe(row);
  expect(judge.rowOf("sqs", "SendMessage", '$refused: "TooLong" 413 / answered')).toBeUndefined();
  expect(judge.rowOf("sqs", "ReceiveMessage", refused)).toBeUndefined();
  expect(judge.rowOf("sqs fifo", "SendMessage", refused)).toBeUndefined();
});

test("a difference that a row speaks of and no run shows is told, and so is one that shows more often", () => {
  const judge = createJudge([row]);
  judge.rowOf("sqs", "SendMessage", refused);
  expect(judge.complaints(["sqs"])).toEqual([expect.stringContaining("no longer differs by /^Md5")]);
  judge.rowOf("sqs", "SendMessage", md5);
  expect(judge.complaints(["sqs"])).toEqual([]);
  judge.rowOf("sqs", "SendMessage", refused);
  expect(judge.complaints(["sqs"])).toEqual([expect.stringContaining("3 times, not 2")]);
  expect(judge.complaints(["sns"])).toEqual([]);
});
