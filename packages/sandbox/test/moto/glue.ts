import { setTimeout } from "node:timers/promises";
import * as events from "@aws-sdk/client-eventbridge";
import * as states from "@aws-sdk/client-sfn";
import * as sqs from "@aws-sdk/client-sqs";
import type { Scenario } from "./clients.ts";

export const rules: Scenario = async (clients, call) => {
  const { events: c, sqs: q } = clients;
  const Name = "orders-placed";
  const EventPattern = JSON.stringify({ source: ["orders"], detail: { total: [{ numeric: [">", 10] }] } });
  await call(c, new events.PutRuleCommand({ Name, EventPattern }));
  await call(c, new events.PutRuleCommand({ Name: "bad", EventPattern: "{" }));
  await call(c, new events.PutRuleCommand({ Name: "bad", ScheduleExpression: "sometimes" }));
  await call(c, new events.DescribeRuleCommand({ Name }));
  await call(c, new events.DescribeRuleCommand({ Name: "none" }));
  await call(c, new events.ListRulesCommand({ NamePrefix: "orders" }));
  await call(c, new events.DisableRuleCommand({ Name }));
  await call(c, new events.EnableRuleCommand({ Name }));
  const { QueueUrl = "" } = await call(q, new sqs.CreateQueueCommand({ QueueName: "placed" }));
  const { Attributes } = await call(q, new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
  const Arn = Attributes?.QueueArn ?? "";
  const policy = {
    Statement: [
      { Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage", Resource: Arn },
    ],
  };
  await call(q, new sqs.SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy: JSON.stringify(policy) } }));
  await call(c, new events.PutTargetsCommand({ Rule: Name, Targets: [{ Id: "queue", Arn, InputPath: "$.detail" }] }));
  await call(c, new events.PutTargetsCommand({ Rule: "none", Targets: [{ Id: "queue", Arn }] }));
  await call(c, new events.ListTargetsByRuleCommand({ Rule: Name }));
  await call(c, new events.ListRuleNamesByTargetCommand({ TargetArn: Arn }));
  const put = (Source: string, Detail: object) =>
    call(
      c,
      new events.PutEventsCommand({ Entries: [{ Source, DetailType: "placed", Detail: JSON.stringify(Detail) }] }),
    );
  await put("orders", { total: 5 });
  await call(q, new sqs.ReceiveMessageCommand({ QueueUrl }));
  await put("orders", { total: 50 });
  await call(q, new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
  await call(
    c,
    new events.PutEventsCommand({ Entries: [{ Source: "orders", DetailType: "placed", Detail: "no json" }] }),
  );
  await call(c, new events.DeleteRuleCommand({ Name }));
  await call(c, new events.RemoveTargetsCommand({ Rule: Name, Ids: ["queue"] }));
  await call(c, new events.DeleteRuleCommand({ Name }));
  await call(c, new events.CreateEventBusCommand({ Name: "orders" }));
  await call(c, new events.CreateEventBusCommand({ Name: "orders" }));
  await call(c, new events.DescribeEventBusCommand({ Name: "none" }));
  await call(c, new events.DeleteEventBusCommand({ Name: "orders" }));
};

export const stateMachines: Scenario = async (clients, call) => {
  const c = clients.states;
  const roleArn = "arn:aws:iam::111111111111:role/states";
  const machine = (name: string, definition: object) =>
    call(c, new states.CreateStateMachineCommand({ name, roleArn, definition: JSON.stringify(definition) }));
  const definition = {
    StartAt: "Choose",
    States: {
      Choose: {
        Type: "Choice",
        Choices: [{ Variable: "$.total", NumericGreaterThan: 10, Next: "Big" }],
        Default: "Small",
      },
      Big: { Type: "Pass", Result: { size: "big" }, End: true },
      Small: { Type: "Fail", Error: "TooSmall", Cause: "Ten at least." },
    },
  };
  const { stateMachineArn = "" } = await machine("sizes", definition);
  await machine("sizes", definition);
  await machine("sizes", { StartAt: "A", States: { A: { Type: "Succeed" } } });
  await machine("no name!", definition);
  await machine("wrong", { StartAt: "Nowhere", States: {} });
  const run = async (name: string, input: object) => {
    const started = await call(
      c,
      new states.StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
    );
    // Both run it in the background; what is compared is how it ended.
    await setTimeout(1500);
    return started.executionArn ?? "";
  };
  const big = await run("big", { total: 50 });
  await call(c, new states.DescribeExecutionCommand({ executionArn: big }));
  const small = await run("small", { total: 5 });
  await call(c, new states.DescribeExecutionCommand({ executionArn: small }));
  await run("big", { total: 51 });
  await call(c, new states.StartExecutionCommand({ stateMachineArn, name: "text", input: "no json" }));
  await call(c, new states.StartExecutionCommand({ stateMachineArn: `${stateMachineArn}-none` }));
  await call(c, new states.ListExecutionsCommand({ stateMachineArn, statusFilter: "SUCCEEDED" }));
  await call(c, new states.DescribeExecutionCommand({ executionArn: `${big}-none` }));
  await call(c, new states.TagResourceCommand({ resourceArn: stateMachineArn, tags: [{ key: "team", value: "a" }] }));
  await call(c, new states.ListTagsForResourceCommand({ resourceArn: stateMachineArn }));
  await call(c, new states.DescribeStateMachineCommand({ stateMachineArn: `${stateMachineArn}-none` }));
  await call(c, new states.DeleteStateMachineCommand({ stateMachineArn }));
};
