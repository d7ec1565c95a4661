import {
  DeleteStackCommand,
  DescribeStackDriftDetectionStatusCommand,
  DescribeStackResourceDriftsCommand,
  DetectStackDriftCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import {
  DescribeEventBusCommand,
  ListRulesCommand,
  PutEventsCommand,
  PutRuleCommand,
} from "@aws-sdk/client-eventbridge";
import { GetScheduleCommand, ListSchedulesCommand } from "@aws-sdk/client-scheduler";
import {
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
} from "@aws-sdk/client-secrets-manager";
import {
  GetSubscriptionAttributesCommand,
  ListTopicsCommand,
  PublishCommand,
  SetSubscriptionAttributesCommand,
} from "@aws-sdk/client-sns";
import { GetQueueAttributesCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { DescribeParametersCommand, GetParameterCommand, ListTagsForResourceCommand } from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { DEV, sandboxForTest } from "../../../../test/support.ts";
import type { Sandbox } from "../../../index.ts";
import { deploy } from "../testing.ts";

/** What a service that speaks by messages is made of. */
const template = (change: { value: string; filter: string; rate: string }) => `
Resources:
  Dead: { Type: AWS::SQS::Queue, Properties: { FifoQueue: true, ContentBasedDeduplication: true } }
  Letters: { Type: AWS::SQS::Queue }
  Queue:
    Type: AWS::SQS::Queue
    Properties: { RedrivePolicy: { deadLetterTargetArn: !GetAtt Letters.Arn, maxReceiveCount: 3 } }
  QueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Queue]
      PolicyDocument:
        Statement:
          - { Effect: Allow, Principal: { Service: sns.amazonaws.com }, Action: sqs:SendMessage, Resource: "*" }
          - { Effect: Allow, Principal: { Service: events.amazonaws.com }, Action: sqs:SendMessage, Resource: "*" }
  Topic: { Type: AWS::SNS::Topic, Properties: { DisplayName: Orders } }
  TopicPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Topic]
      PolicyDocument:
        Statement: { Effect: Allow, Principal: { Service: events.amazonaws.com }, Action: sns:Publish, Resource: !Ref Topic }
  Subscription:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Topic
      Protocol: sqs
      Endpoint: !GetAtt Queue.Arn
      RawMessageDelivery: true
      FilterPolicy: { kind: [${change.filter}] }
  Bus: { Type: AWS::Events::EventBus, Properties: { Name: orders } }
  BusPolicy:
    Type: AWS::Events::EventBusPolicy
    Properties:
      EventBusName: !Ref Bus
      StatementId: tooling
      Statement:
        { Effect: Allow, Principal: { AWS: "arn:aws:iam::111111111111:root" }, Action: events:PutEvents, Resource: !GetAtt Bus.Arn }
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: { source: [shop] }
      Targets: [{ Id: queue, Arn: !GetAtt Queue.Arn, InputPath: $.detail, RetryPolicy: { MaximumRetryAttempts: "2" } }]
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: { Effect: Allow, Principal: { Service: scheduler.amazonaws.com }, Action: sts:AssumeRole }
  Group: { Type: AWS::Scheduler::ScheduleGroup }
  Schedule:
    Type: AWS::Scheduler::Schedule
    Properties:
      GroupName: !Ref Group
      ScheduleExpression: ${change.rate}
      FlexibleTimeWindow: { Mode: "OFF" }
      Target: { Arn: !GetAtt Queue.Arn, RoleArn: !GetAtt Role.Arn, RetryPolicy: { MaximumRetryAttempts: 3 } }
  Parameter: { Type: AWS::SSM::Parameter, Properties: { Type: String, Value: ${change.value}, Tags: { team: orders } } }
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties:
      GenerateSecretString:
        { SecretStringTemplate: '{"username":"orders"}', GenerateStringKey: password, PasswordLength: 20, ExcludePunctuation: true }
  SecretPolicy:
    Type: AWS::SecretsManager::ResourcePolicy
    Properties:
      SecretId: !Ref Secret
      ResourcePolicy:
        Statement: { Effect: Deny, Principal: "*", Action: secretsmanager:DeleteSecret, Resource: "*", Condition: { Bool: { aws:SecureTransport: "false" } } }
Outputs:
  Queue: { Value: !Ref Queue }
  Topic: { Value: !Ref Topic }
  TopicName: { Value: !GetAtt Topic.TopicName }
  Subscription: { Value: !Ref Subscription }
  Bus: { Value: !GetAtt Bus.Arn }
  Schedule: { Value: !GetAtt Schedule.Arn }
  ScheduleName: { Value: !Ref Schedule }
  Group: { Value: !Ref Group }
  Parameter: { Value: !Ref Parameter }
  ParameterValue: { Value: !GetAtt Parameter.Value }
  Secret: { Value: !Ref Secret }
`;

const settled = (sandbox: Sandbox) =>
  new Promise<string>((resolve) => {
    const end = sandbox.signals.on("cloudformation.settled", ({ status }) => {
      end();
      resolve(status);
    });
  });

test("a stack of messaging and configuration is created, changed in place and deleted without a trace", async () => {
  const sandbox = await sandboxForTest();
  const dev = { account: DEV };
  const first = template({ value: "one", filter: "sold", rate: "rate(1 hour)" });
  const made = await deploy(sandbox, DEV, "messages", first, {});

  const received = async () => {
    const { Messages: [message] = [] } = await sandbox.send(new ReceiveMessageCommand({ QueueUrl: made.Queue }), dev);
    return message?.Body;
  };
  const publish = (kind: string, Message: string) => {
    const MessageAttributes = { kind: { DataType: "String", StringValue: kind } };
    return sandbox.send(new PublishCommand({ TopicArn: made.Topic, Message, MessageAttributes }), dev);
  };
  await publish("lost", "no");
  await publish("sold", "by topic");
  expect(await received()).toBe("by topic");
  const Entries = [{ EventBusName: made.Bus, Source: "shop", DetailType: "sold", Detail: '{"n":1}' }];
  await sandbox.send(new PutEventsCommand({ Entries }));
  expect(await received()).toBe('{"n":1}');
  expect(made.ParameterValue).toBe("one");
  const secret = async () => {
    const { SecretString = "" } = await sandbox.send(new GetSecretValueCommand({ SecretId: made.Secret }), dev);
    return JSON.parse(SecretString) as Record<string, string>;
  };
  const generated = await secret();
  expect(generated).toEqual({ username: "orders", password: expect.stringMatching(/^[A-Za-z0-9]{20}$/) });
  const guarded = await sandbox.send(new GetResourcePolicyCommand({ SecretId: made.Secret }), dev);
  expect(guarded.ResourcePolicy).toContain("SecureTransport");

  const changed = settled(sandbox);
  const TemplateBody = template({ value: "two", filter: "lost", rate: "rate(2 hours)" });
  const Capabilities = ["CAPABILITY_IAM" as const];
  await sandbox.send(new UpdateStackCommand({ StackName: "messages", TemplateBody, Capabilities }), dev);
  expect(await changed).toBe("UPDATE_COMPLETE");
  const parameter = await sandbox.send(new GetParameterCommand({ Name: made.Parameter }), dev);
  expect(parameter.Parameter).toMatchObject({ Value: "two", Version: 2 });
  const resource = { ResourceType: "Parameter", ResourceId: made.Parameter } as const;
  const { TagList = [] } = await sandbox.send(new ListTagsForResourceCommand(resource), dev);
  expect(TagList).toContainEqual({ Key: "team", Value: "orders" });
  const attributes = await sandbox.send(
    new GetSubscriptionAttributesCommand({ SubscriptionArn: made.Subscription }),
    dev,
  );
  expect(attributes.Attributes).toMatchObject({ FilterPolicy: '{"kind":["lost"]}', RawMessageDelivery: "true" });
  const schedule = { Name: made.ScheduleName, GroupName: made.Group };
  expect((await sandbox.send(new GetScheduleCommand(schedule), dev)).ScheduleExpression).toBe("rate(2 hours)");
  const bus = await sandbox.send(new DescribeEventBusCommand({ Name: "orders" }), dev);
  expect(JSON.parse(bus.Policy ?? "{}").Statement).toMatchObject([{ Sid: "tooling" }]);
  expect(await secret()).toEqual(generated);

  const gone = settled(sandbox);
  await sandbox.send(new DeleteStackCommand({ StackName: "messages" }), dev);
  expect(await gone).toBe("DELETE_COMPLETE");
  expect((await sandbox.send(new ListTopicsCommand({}), dev)).Topics).toEqual([]);
  expect((await sandbox.send(new ListSecretsCommand({ IncludePlannedDeletion: true }), dev)).SecretList).toEqual([]);
  expect((await sandbox.send(new DescribeParametersCommand({}), dev)).Parameters).toEqual([]);
  expect((await sandbox.send(new ListSchedulesCommand({}), dev)).Schedules).toEqual([]);
  const queue = new GetQueueAttributesCommand({ QueueUrl: made.Queue });
  await expect(sandbox.send(queue, dev)).rejects.toThrow("does not exist");
});

test("what somebody changed by hand in a rule, a subscription or a schedule is drift", async () => {
  const sandbox = await sandboxForTest();
  const dev = { account: DEV };
  const first = template({ value: "one", filter: "sold", rate: "rate(1 hour)" });
  const made = await deploy(sandbox, DEV, "messages", first, {});
  const drifted = async () => {
    const begun = await sandbox.send(new DetectStackDriftCommand({ StackName: "messages" }), dev);
    const { StackDriftDetectionId } = begun;
    await sandbox.send(new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId }), dev);
    const given = { StackName: "messages", StackResourceDriftStatusFilters: ["MODIFIED" as const] };
    const { StackResourceDrifts = [] } = await sandbox.send(new DescribeStackResourceDriftsCommand(given), dev);
    return StackResourceDrifts.map(({ LogicalResourceId }) => LogicalResourceId).sort();
  };
  expect(await drifted()).toEqual([]);
  const EventPattern = '{"source":["elsewhere"]}';
  const { Rules: [rule] = [] } = await sandbox.send(new ListRulesCommand({ EventBusName: "orders" }), dev);
  await sandbox.send(new PutRuleCommand({ Name: rule?.Name, EventBusName: "orders", EventPattern }), dev);
  const raw = { AttributeName: "RawMessageDelivery", AttributeValue: "false" };
  const SubscriptionArn = made.Subscription;
  await sandbox.send(new SetSubscriptionAttributesCommand({ SubscriptionArn, ...raw }), dev);
  expect(await drifted()).toEqual(["Rule", "Subscription"]);
});

const rotation = (days: number) => `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs22.x
      Handler: index.handler
      Architectures: [x86_64]
      Role: !GetAtt Role.Arn
      Code: { ZipFile: "exports.handler = async () => undefined;" }
  Permission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Function
      Action: lambda:InvokeFunction
      Principal: secretsmanager.amazonaws.com
      SourceArn: !Ref Secret
  Secret: { Type: AWS::SecretsManager::Secret, Properties: { SecretString: "first" } }
  Rotation:
    Type: AWS::SecretsManager::RotationSchedule
    DependsOn: Permission
    Properties:
      SecretId: !Ref Secret
      RotationLambdaARN: !GetAtt Function.Arn
      RotationRules: { AutomaticallyAfterDays: "${days}" }
      RotateImmediatelyOnUpdate: false
Outputs:
  Secret: { Value: !Ref Secret }
`;

test("a rotation schedule turns a secret's rotation on, and changes its rules", async () => {
  const sandbox = await sandboxForTest();
  const dev = { account: DEV };
  const { Secret: SecretId } = await deploy(sandbox, DEV, "rotating", rotation(30), {});
  const describe = () => sandbox.send(new DescribeSecretCommand({ SecretId }), dev);
  expect(await describe()).toMatchObject({ RotationEnabled: true, RotationRules: { AutomaticallyAfterDays: 30 } });
  const changed = settled(sandbox);
  const change = { StackName: "rotating", TemplateBody: rotation(7), Capabilities: ["CAPABILITY_IAM" as const] };
  await sandbox.send(new UpdateStackCommand(change), dev);
  expect(await changed).toBe("UPDATE_COMPLETE");
  const { RotationRules, NextRotationDate } = await describe();
  expect(RotationRules).toEqual({ AutomaticallyAfterDays: 7 });
  const days = ((NextRotationDate?.getTime() ?? 0) - sandbox.clock.now().getTime()) / 86_400_000;
  expect(Math.round(days)).toBe(7);
});
