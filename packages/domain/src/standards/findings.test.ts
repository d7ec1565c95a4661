import { expect, test } from "vitest";
import { openExample } from "../../test/open-example.ts";
import { rules } from "./rules/index.ts";

/** Everything that is found, and which change would mend it, in the examples of rules with many branches: one that isn't found would not be missed there. */
const FOUND: Record<string, readonly string[]> = {
  "SEC-1/fail-plain.yaml": [
    "8 Orders and Invoices share one role.",
    "25 Writes may do s3:Put* on every resource that there is.",
    "26 Writes reaches everything except what NotResource names.",
  ],
  "SEC-1/fail.yaml": [
    "10 Orders has AWS's AdministratorAccess, which is far more than one function needs.",
    "12 Orders may do everything that s3:* stands for.",
    "13 Orders may do dynamodb:PutItem on every resource that there is.",
    "14 Orders may do sqs:SendMessage on every resource that there is.",
    "17 Orders may do everything except what NotAction names.",
  ],
  "SEC-2/fail-codedeploy.yaml": [
    "5 CodeDeployServiceRole (made for Orders) has no boundary. → Deploy by a role that has the account's boundary",
  ],
  "SEC-2/fail-weak.yaml": [
    "9 Sometimes has a boundary under a condition only. → Bound the role by the account's boundary",
    "15 Own is bounded by a policy that the service itself writes. → Bound the role by the account's boundary",
    "25 Everything is bounded by a policy of AWS's, not by the account's boundary. → Bound the role by the account's boundary",
  ],
  "SEC-2/fail.yaml": [
    "3 OrdersRole (made for Orders) has no boundary. → Bound the role by the account's boundary",
    "3 OrdersNightlyRole (made for Orders) has no boundary. → Bound the role by the account's boundary",
    "15 Plain has no boundary. → Bound the role by the account's boundary",
  ],
  "SEC-3/fail-outside.yaml": [
    "13 Outside reaches private data, but isn't in a VPC. → Put it into the network of Orders",
    "54 Reader reaches private data, but isn't in a VPC. → Put it into the network of Orders",
  ],
  "SEC-3/fail-plain.yaml": [
    "9 Orders is in a VPC, but in no security group.",
    "24 Invoices reaches private data, but isn't in a VPC.",
    "36 Sometimes reaches private data, but is in a VPC under a condition only.",
  ],
  "SEC-3/fail.yaml": [
    "11 Orders is in A, which is a public subnet.",
    "11 Orders is in B, which is a public subnet.",
    "29 Functions in FunctionGroup may connect to everywhere: it has no egress rule.",
    "34 FunctionGroup lets in every address there is. → Let nobody in: a function takes no connections",
    "41 DatabaseGroup lets in every address there is. → Let in what is in FunctionGroup, nobody else",
    "45 AnyoneElse lets in every address there is.",
    "51 AclOfShared changes the network ACL of a subnet that isn't the service's own, for all that is in it.",
  ],
  "SEC-4/fail-files": [
    "config/dev.json:3 A secret is resolved in config/dev.json, and stands in plain text where it is deployed.",
    "config/dev.json:4 The value of DbPassword stands in config/dev.json.",
    "config/local.env:2 The value of STRIPE_SECRET stands in config/local.env.",
    "src/client.py:2 The value of apiKey stands in src/client.py.",
    "src/client.py:5 A password in an address stands in src/client.py.",
  ],
  "SEC-4/fail.yaml": [
    "3 The hidden parameter DbPassword has a default, which everyone can read.",
    "14 Everyone who sees Orders sees the secret in its variable DATABASE_URL: it is the hidden parameter DbPassword.",
    "15 Everyone who sees Orders sees the secret in its variable API_TOKEN: it is the parameter ApiToken.",
    "16 Everyone who sees Orders sees the secret in its variable RESOLVED: it is resolved on deployment.",
    "17 Everyone who sees Orders sees the secret in its variable ADMIN_PASSWORD: it is written in the template.",
    "18 Everyone who sees Orders sees the secret in its variable SECRET: it is the SecretAccessKey of Key.",
    "19 An access key of AWS stands in template.yaml.",
    "25 The secret MasterUserPassword of Database is written in the template.",
    "28 The secret Secret is never rotated.",
  ],
  "SEC-5/fail-anyone.yaml": ["4 Anyone, in any account, may invoke the function. → Allow callers of this account only"],
  "SEC-6/fail-contract": ["3 Anyone may call GET /orders of Api."],
  "SEC-6/fail-plain.yaml": [
    "9 Anyone may call GET of Get.",
    "13 Anyone may call GET /orders (List).",
    "16 Anyone may call POST /orders of Documented.",
    "23 Anyone may call Quick: its only route asks nobody.",
  ],
  "SEC-6/fail.yaml": [
    "5 Anyone may call GET /orders of Forgetful. → Ask Users on every route that says nothing else",
    "13 Anyone may call GET /orders of Either.",
    "24 Anyone may call GET /health of Mixed.",
    "33 Anyone may call GET /health of Open.",
    "34 Anyone may call ANY $default of Orders.",
    "34 Anyone may call Orders by its URL.",
  ],
  "REL-1/fail-configured": ["config/dev.json:3 config/dev.json gives Orders fewer than two subnets."],
  "REL-1/fail.yaml": [
    "11 One is in one subnet, and so in one Availability Zone.",
    "15 Twice is in one subnet, and so in one Availability Zone.",
    "19 The subnets of SameZone are all in the same Availability Zone.",
  ],
  "REL-2/fail-plain.yaml": [
    "4 An event of s3.amazonaws.com that Orders fails at is lost when its tries are over. → Keep the events that fail in a queue",
    "32 A record that Orders fails at (Reads) is lost or holds up all that follow: it lacks MaximumRetryAttempts, MaximumRecordAgeInSeconds, a destination for failures. → Keep what can't be processed in a queue, and go on",
    "39 A message of Ordered that can't be processed is tried until it expires, and then lost. → Set aside what failed five times",
    "44 A message of Told that can't be delivered is lost: a subscription within a topic has no redrive policy.",
    "51 An event of ByClock that can't be delivered within a day is lost. → Keep the events that can't be delivered in a queue",
    "52 An event of ByClock that can't be delivered within a day is lost. → Keep the events that can't be delivered in a queue",
    "56 A message to Subscribed that can't be delivered is lost. → Keep the messages that can't be delivered in a queue",
    "59 A message of Taken that can't be processed is tried until it expires, and then lost.",
    "72 An event of iot.amazonaws.com that Senses fails at is lost when its tries are over.",
  ],
  "REL-2/fail.yaml": [
    "5 An event of scheduler.amazonaws.com that Orders fails at is lost when its tries are over. → Keep the events that fail in a queue",
    "10 A record that Orders fails at (OrdersChanged) is lost or holds up all that follow: it lacks MaximumRetryAttempts, MaximumRecordAgeInSeconds, a destination for failures. → Keep what can't be processed in a queue, and go on",
    "13 An event of OrdersHappened that can't be delivered within a day is lost. → Keep the events that can't be delivered in a queue",
    "17 A message to OrdersTold that can't be delivered is lost. → Keep the messages that can't be delivered in a queue",
    "21 A run of OrdersNightly that can't be started within a day is lost. → Keep the runs that can't be started in a queue",
    "38 A message of Work that can't be processed is tried until it expires, and then lost. → Set aside what failed five times",
  ],
  "REL-3/fail-few.yaml": [
    "8 A message in Failed wakes nobody: no alarm with an action is on its depth. → Wake whom the other alarms wake",
    "8 Messages grow old in Failed unseen: no alarm with an action is on their age. → Wake whom the other alarms wake",
  ],
  "REL-3/fail-nobody.yaml": [
    "10 A message in Failed wakes nobody: no alarm with an action is on its depth.",
    "10 Messages grow old in Failed unseen: no alarm with an action is on their age.",
  ],
  "REL-3/fail-runbook": [
    "10 A message in Failed wakes nobody: no alarm with an action is on its depth. → Wake whom the other alarms wake",
    "10 Messages grow old in Failed unseen: no alarm with an action is on their age. → Wake whom the other alarms wake",
    "10 No runbook says how messages of Failed are redriven.",
  ],
  "REL-3/fail.yaml": [
    "5 A message in OrdersHappenedQueue wakes nobody: no alarm with an action is on its depth. → Wake whom the other alarms wake",
    "5 Messages grow old in OrdersHappenedQueue unseen: no alarm with an action is on their age. → Wake whom the other alarms wake",
  ],
  "SEC-5/fail.yaml": ["4 Any account's s3.amazonaws.com may invoke the function. → Allow callers of this account only"],
  "PERF-1/fail.yaml": ["7 The memory of Orders isn't stated: it is 128 MB. → Begin with 512 MB, then measure"],
  "REL-4/fail": [
    "7 How long Orders may take isn't stated, though a caller of its API waits for it. → Give up after 10 seconds",
    "19 Slow may take 60 s, and its API waits 30 s. → Give up after 10 seconds",
    "3 One caller of Api may use up what all of them share: its stage limits nothing. → Limit the requests a second",
    "openapi.yaml:1 There is no client/ for callers: each writes timeouts and retries anew.",
    "openapi.yaml:1 POST /orders, DELETE /orders can't be repeated safely: nothing in src/ knows an idempotency key.",
  ],
  "REL-5/fail-plain.yaml": [
    "5 A message of Work is hidden 30 s while Orders, which may take 6 s, works on it. → Hide them 36 seconds",
    "12 When Orders fails at one item of a batch (FromStream), it is given all of them again. → Let it say which items failed (its code must answer batchItemFailures)",
  ],
  "REL-5/fail.yaml": [
    "11 When Orders fails at one item of a batch (OrdersWork), it is given all of them again. → Let it say which items failed (its code must answer batchItemFailures)",
    "16 A message of Work is hidden 59 s while Orders, which may take 10 s, works on it. → Hide them 60 seconds",
  ],
  "REL-6/fail-calls.yaml": ["10 Orders calls Payments itself, and waits for it."],
  "REL-6/fail-text.yaml": [
    "4 Order writes no log of its executions.",
    "4 The task Pay of Order lacks TimeoutSeconds, Retry, Catch.",
  ],
  "REL-6/fail.yaml": [
    "5 Order writes no log of its executions.",
    "5 The task Pay of Order lacks TimeoutSeconds, a Retry with backoff and JitterStrategy FULL, Catch.",
  ],
  "PERF-2/fail.yaml": [
    "13 Calls calls the newest code of Orders, past the provisioned concurrency of OrdersAliaslive.",
  ],
  "PERF-3/fail": ["src/secret.py:5 src/secret.py fetches a parameter or a secret, and keeps it for no other request."],
  "PERF-4/fail.yaml": [
    "15 The runtime of Plain, provided.al2, is deprecated or soon will be. → Move to provided.al2023, and run its tests",
    "18 The runtime of Net, dotnet6, is deprecated or soon will be.",
    "7 The runtime of Orders, nodejs18.x, is deprecated or soon will be. → Move to nodejs24.x, and run its tests",
    "12 The runtime of Reports, python3.9, is deprecated or soon will be.",
  ],
  "COST-1/fail-another.yaml": [
    "3 The provisioned concurrency of Orders stays what it is, at noon and at night. → Scale it by how much of it is used",
  ],
  "COST-1/fail-plain.yaml": [
    "14 The provisioned concurrency of Orders stays what it is, at noon and at night. → Scale it by how much of it is used",
    "7 The provisioned concurrency of Orders stays what it is, at noon and at night.",
  ],
  "COST-1/fail-unscaled.yaml": [
    "3 The provisioned concurrency of Orders may scale, but no policy scales it. → Scale it by how much of it is used",
  ],
  "COST-1/fail.yaml": [
    "3 The provisioned concurrency of Orders stays what it is, at noon and at night. → Scale it by how much of it is used",
  ],
  "COST-2/fail-plain.yaml": ["7 Every calls Orders to keep it warm.", "13 Often calls Orders to keep it warm."],
  "COST-2/fail.yaml": [
    "10 OrdersEveryFive calls Orders to keep it warm.",
    "22 CartsKeepCartsWarm calls Carts to keep it warm.",
  ],
  "COST-3/fail.yaml": [
    "4 Logs keeps its logs for ever. → Keep them 30 days",
    "8 Sometimes keeps its logs for ever. → Keep them 30 days",
    "11 Nothing in the bucket Files ever goes away.",
    "14 Nothing in the bucket Paused ever goes away.",
    "19 No item of the table Carts ever expires.",
    "15 No item of the table Orders ever expires.",
  ],
  "COST-4/fail": [
    "config/dev.json:1 config/dev.json doesn't tag what it deploys with team, environment.",
    "config/prod.json:1 config/prod.json doesn't tag what it deploys with service, team, environment.",
  ],
  "COST-4/fail-nothing": ["1 There is no config/<environment>.json, and so no tag on anything that is deployed."],
  "OPS-1/fail-empty-topic.yaml": ["6 No alarm watches the errors of Orders."],
  "OPS-1/fail-tells-nobody.yaml": ["13 The alarm on the errors of Orders tells nobody. → Have it tell somebody"],
  "OPS-1/fail.yaml": ["4 No alarm watches the errors of Orders. → Add an alarm on its errors that tells somebody"],
  "OPS-2/fail-condition.yaml": ["6 Flow isn't traced in every environment. → Trace every invocation"],
  "OPS-2/fail-twice.yaml": ["10 Orders sends its spans twice: by the OpenTelemetry layer and by Lambda's own tracing."],
  "OPS-2/fail.yaml": [
    "11 Plain isn't traced. → Trace every invocation",
    "5 Orders isn't traced. → Trace every invocation",
  ],
  "OPS-3/fail.yaml": [
    "20 PlainLogs keeps its logs for ever. → Keep them 30 days",
    "5 The logs of Orders are text. → Write its logs as JSON",
    "5 The log group of Orders isn't in the template: Lambda makes one that keeps everything. → Give it a log group with a retention",
  ],
  "OPS-4/fail": [
    "package.json:3 aws s3api put-bucket-tagging changes an account past the template.",
    "script/setup:2 aws --region eu-west-1 dynamodb create-table changes an account past the template.",
    ".github/workflows/deploy.yaml:4 aws lambda update-function-code changes an account past the template.",
  ],
  "OPS-5/fail-at-once.yaml": ["5 All traffic moves to a new version of Orders at once. → Move a tenth first"],
  "OPS-5/fail-configured": ["config/prod.json:3 In production all traffic moves to a new version of Orders at once."],
  "OPS-5/fail-no-alarm.yaml": ["5 No alarm rolls a new version of Orders back. → Roll back on Errors"],
  "OPS-5/fail.yaml": [
    "5 A new version of Orders gets all traffic at once. → Move a tenth of the traffic first",
    "5 No alarm rolls a new version of Orders back. → Roll back on Errors",
    "5 Nothing tries a new version of Orders before it gets traffic.",
  ],
  "OPS-6/fail": [
    "Makefile:4 sam deploy is a way to an account beside the pipeline.",
    "script/release.sh:2 npx cdk deploy is a way to an account beside the pipeline.",
    "script/release.sh:3 aws cloudformation update-stack is a way to an account beside the pipeline.",
  ],
  "OPS-8/fail-contract": [
    "openapi.yaml:4 GET /orders breaks who calls it in production. The parameter shop (query) is new, and required.",
    "openapi.yaml:3 GET /orders/{id} breaks who calls it in production. It is gone.",
  ],
  "OPS-10/fail": [
    "go.mod:6 example.com/x/y 1.3.9 has GO-1. It is mended in 1.4.0.",
    "package-lock.json:8 left 1.2.2 has GHSA-1 (high: Reads too far). It is mended in 1.2.3.",
    "package-lock.json:12 left 2.1.0 has GHSA-1 (high: Reads too far). No version without it is known.",
    "src/requirements.txt:2 some-thing 1.1 has PYSEC-1. No version without it is known.",
    "package-lock.json:16 copyleft 1.0.0 is under AGPL-3.0-or-later, which a service can't be built on.",
    "package-lock.json:20 @own/none 1.0.0 names no licence under which it may be used.",
    'package-lock.json:23 custom 1.0.0 says "SEE LICENSE IN LICENSE.md" of its licence, which is no expression of SPDX.',
    "src/requirements.txt:4 The version of loose isn't fixed.",
  ],
  "OPS-7/fail": ["openapi.yaml:3 No integration test asks for GET /orders/{id}."],
  "OPS-7/fail-nothing": [
    "1 The repository has no unit tests (script/test, tests/unit).",
    "1 The repository has no integration tests (script/integration, tests/integration).",
  ],
  "OPS-8/fail-output.yaml": ["8 The output Url imports billing-Host of another stack."],
  "OPS-8/fail.yaml": ["6 Rule imports billing-TableName of another stack."],
  "OPS-9/fail": [
    "src/queue.py:2 The code names an AWS hostname: sqs.eu-west-1.amazonaws.com.",
    "config/dev.json:1 config/dev.json says nothing of LogLevel, which another environment configures.",
  ],
  "OPS-9/fail-nothing": ["1 There is no config/<environment>.json: what differs between environments has no place."],
  "OPS-9/fail-places": [
    "src/places.py:1 The code names an account id: 111122223333.",
    "src/places.py:2 The code names a region: eu-central-1.",
    "src/places.py:3 The code names an ARN: arn:aws:iam::aws:policy/ReadOnlyAccess.",
    "config/prod.json:1 config/prod.json gives no Parameters.",
  ],
  "SUS-1/fail.yaml": [
    "11 Plain runs on x86_64. → Run it on arm64",
    "5 Orders runs on x86_64, the default. → Run it on arm64",
  ],
};

test.each(Object.entries(FOUND))("all that is wrong in %s is found, where it stands", (name, found) => {
  const subject = openExample(name);
  const rule = rules.find(({ id }) => name.startsWith(`${id}/`));
  const verdict = rule?.check(subject);
  const violations = verdict?.kind === "fail" ? verdict.violations : [];
  const lines = violations.map(({ at, message, fix }) => {
    const place = "file" in at ? at : subject.expanded.positionOf(at);
    return `${place.file === "template.yaml" ? "" : `${place.file}:`}${place.line} ${message}${fix ? ` → ${fix.summary}` : ""}`;
  });
  expect(lines.toSorted()).toEqual([...found].toSorted());
});
