import { expect, test } from "vitest";
import { parseSchedule } from "./schedule-expression.ts";

const occurrences = (text: string, from: string, zone = "UTC", count = 3) => {
  const schedule = parseSchedule(text, { zone });
  const found: string[] = [];
  for (let at = Date.parse(from); found.length < count; ) {
    const next = schedule?.next(at, Date.parse(from));
    if (next === undefined) break;
    found.push(new Date(next).toISOString().slice(0, 16));
    at = next;
  }
  return found;
};

test.each([
  ["rate(5 minutes)", "2026-11-24T10:02:00Z", ["2026-11-24T10:07", "2026-11-24T10:12", "2026-11-24T10:17"]],
  ["cron(0 18 ? * MON-FRI *)", "2026-11-27T19:00:00Z", ["2026-11-30T18:00", "2026-12-01T18:00", "2026-12-02T18:00"]],
  ["cron(0/20 8 1 * ? *)", "2026-11-24T10:00:00Z", ["2026-12-01T08:00", "2026-12-01T08:20", "2026-12-01T08:40"]],
  ["cron(0 2 ? * SAT#3 *)", "2026-11-24T10:00:00Z", ["2026-12-19T02:00", "2027-01-16T02:00", "2027-02-20T02:00"]],
  ["cron(0 0 L FEB ? *)", "2026-11-24T10:00:00Z", ["2027-02-28T00:00", "2028-02-29T00:00", "2029-02-28T00:00"]],
  [
    "cron(15 10 ? * 6L 2027-2028)",
    "2027-11-01T00:00:00Z",
    ["2027-11-26T10:15", "2027-12-31T10:15", "2028-01-28T10:15"],
  ],
  ["cron(0 9 15W * ? *)", "2026-11-01T00:00:00Z", ["2026-11-16T09:00", "2026-12-15T09:00", "2027-01-15T09:00"]],
  ["cron(0/5 5 ? JAN 1-5 2022)", "2026-01-01T00:00:00Z", []],
  ["at(2026-12-24T18:00:00)", "2026-11-24T10:00:00Z", ["2026-12-24T18:00"]],
])("%s after %s comes when AWS says", (text, from, expected) => {
  expect(occurrences(text, from)).toEqual(expected);
});

test("a local time follows its zone's clocks: left out where they jump, once where they go back", () => {
  const berlin = (from: string) => occurrences("cron(30 2 * * ? *)", from, "Europe/Berlin", 2);
  expect(berlin("2026-03-28T00:00:00Z")).toEqual(["2026-03-28T01:30", "2026-03-30T00:30"]);
  expect(berlin("2026-10-24T12:00:00Z")).toEqual(["2026-10-25T00:30", "2026-10-26T01:30"]);
  const at = "at(2026-07-01T09:00:00)";
  expect(occurrences(at, "2026-01-01T00:00:00Z", "America/New_York")).toEqual(["2026-07-01T13:00"]);
});

test.each([
  ...["cron(0 1 * * * *)", "cron(7 20 * * NOT *)", "cron(INVALID)", "cron(71 8 1 * ? *)", "cron()", "rate(10 seconds)"],
  ...["rate()", "rate(10)", "rate(-10 minutes)", "rate( 10 minutes )", " rate(10 minutes)", "rate(0 minutes)"],
  ...["at(2021-12-31T23:59:59Z)", "at(2021-12-31)", "at(2021-02-30T00:00:00)"],
])("%s is no schedule", (text) => {
  expect(parseSchedule(text)).toBeUndefined();
});
