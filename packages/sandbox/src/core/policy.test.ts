import { expect, test } from "vitest";
import type { Caller } from "./identity.ts";
import { parsePolicy, policyAllows } from "./policy.ts";

const role = "arn:aws:iam::222222222222:role/deploy";
const caller: Caller = {
  account: "222222222222",
  arn: "arn:aws:sts::222222222222:assumed-role/deploy/session",
  roleArn: role,
  accessKeyId: "ASIA",
  tags: { team: "k" },
};
const base = { Effect: "Allow", Principal: { AWS: "222222222222" }, Action: "s3:*", Resource: "arn:aws:s3:::b/*" };

const allows = (...statements: object[]) =>
  policyAllows(JSON.stringify({ Statement: statements }), {
    action: "s3:GetObject",
    resource: "arn:aws:s3:::b/key",
    caller,
    conditions: {
      "aws:sourceip": "127.0.0.1",
      "aws:currenttime": "2026-11-23T12:00:00Z",
      "s3:max-keys": "100",
      "aws:tagkeys": ["a", "b"],
    },
  });

test.each<[string, object, boolean]>([
  ["the account by its number", {}, true],
  ["the account's root", { Principal: { AWS: "arn:aws:iam::222222222222:root" } }, true],
  ["the role", { Principal: { AWS: [role] } }, true],
  ["another role", { Principal: { AWS: `${role}-not` } }, false],
  ["another account", { Principal: { AWS: "333333333333" } }, false],
  ["a service, when a role calls", { Principal: { Service: "s3.amazonaws.com" } }, false],
  ["everybody", { Principal: "*" }, true],
  ["an action by its pattern, whatever its case", { Action: ["S3:Get?bject"] }, true],
  ["another action", { Action: "s3:PutObject" }, false],
  ["all actions but this one", { Action: undefined, NotAction: "s3:GetObject" }, false],
  ["another resource", { Resource: "arn:aws:s3:::b" }, false],
  ["a condition that holds", { Condition: { ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/dep*" } } }, true],
  ["a condition that doesn't", { Condition: { StringEquals: { "aws:PrincipalAccount": "1" } } }, false],
  ["a condition on what isn't there", { Condition: { StringEquals: { "sts:ExternalId": "x" } } }, false],
  ["the same, if it exists", { Condition: { StringEqualsIfExists: { "sts:ExternalId": "x" } } }, true],
  ["everybody but the caller", { Principal: undefined, NotPrincipal: { AWS: role } }, false],
  ["everybody but another role", { Principal: undefined, NotPrincipal: { AWS: `${role}-not` } }, true],
  ["every resource but this one", { Resource: undefined, NotResource: "arn:aws:s3:::b/*" }, false],
  ["every resource but another", { Resource: undefined, NotResource: "arn:aws:s3:::c/*" }, true],
  ["a resource by a variable", { Resource: "arn:aws:s3:::b/${aws:PrincipalTag/team}*" }, true],
  ["a resource by a variable without a value", { Resource: "arn:aws:s3:::b/${aws:username}*" }, false],
  ["an ARN that is cut short, as text", { Resource: "arn:aws:*b/key" }, true],
  ["an address in a range", { Condition: { IpAddress: { "aws:SourceIp": ["10.0.0.0/8", "127.0.0.0/8"] } } }, true],
  ["an address outside a range", { Condition: { NotIpAddress: { "aws:SourceIp": "127.0.0.1/32" } } }, false],
  ["a time that is past", { Condition: { DateLessThan: { "aws:CurrentTime": "2026-01-01T00:00:00Z" } } }, false],
  ["a time that is to come", { Condition: { DateLessThan: { "aws:CurrentTime": "2027-01-01T00:00:00Z" } } }, true],
  ["a number that is too large", { Condition: { NumericLessThanEquals: { "s3:max-keys": "10" } } }, false],
  ["one of several keys", { Condition: { "ForAnyValue:StringEquals": { "aws:TagKeys": ["a", "x"] } } }, true],
  ["only certain keys", { Condition: { "ForAllValues:StringEquals": { "aws:TagKeys": ["a", "x"] } } }, false],
  ["only keys that may be missing", { Condition: { "ForAllValues:StringLike": { "no:such": "x" } } }, true],
  ["neither of two values", { Condition: { StringNotEquals: { "aws:PrincipalAccount": ["1", "2"] } } }, true],
  ["text whatever its case", { Condition: { StringEqualsIgnoreCase: { "aws:PrincipalTag/Team": "K" } } }, true],
  ["what must not be there", { Condition: { Null: { "sts:ExternalId": "true" } } }, true],
])("a statement that names %s is judged so", (_, change, expected) => {
  expect(allows({ ...base, ...change })).toBe(expected);
});

test("a denial wins over any permission, where it applies", () => {
  const denial = { ...base, Effect: "Deny", Principal: "*" };
  expect(allows(base, denial)).toBe(false);
  expect(allows(base, { ...denial, Condition: { Bool: { "aws:SecureTransport": "false" } } })).toBe(true);
});

test("what isn't understood is refused by name, not guessed", () => {
  expect(() => allows({ ...base, Condition: { StringEqual: { "aws:SourceIp": "x" } } })).toThrow("StringEqual");
  for (const text of ["", "null", "[]", "{}", '{"Statement":[{"Effect":"allow"}]}']) {
    expect(() => parsePolicy(text)).toThrow(expect.objectContaining({ code: "MalformedPolicyDocument" }));
  }
});

test.each([
  ["logs.amazonaws.com", "logs.amazonaws.com", true],
  ["logs.amazonaws.com", "logs.eu-west-1.amazonaws.com", true],
  ["logs.amazonaws.com", "logs.us-gov-west-1.amazonaws.com", true],
  ["logs.amazonaws.com", "sns.amazonaws.com", false],
  ["monitoring.amazonaws.com", "cloudwatch.amazonaws.com", true],
  ["monitoring.amazonaws.com", "lambda.alarms.cloudwatch.amazonaws.com", true],
  ["sns.amazonaws.com", "cloudwatch.amazonaws.com", false],
])("the service %s may be named with its region and by its further names: %s", (service, name, expected) => {
  const statement = { Effect: "Allow", Principal: { Service: name }, Action: "s3:*", Resource: "*" };
  const acting = { account: "222222222222", arn: "arn:aws:iam::222222222222:root", accessKeyId: "", service };
  const request = { action: "s3:GetObject", resource: "arn:aws:s3:::b/key", caller: acting };
  expect(policyAllows(JSON.stringify({ Statement: [statement] }), request)).toBe(expected);
});
