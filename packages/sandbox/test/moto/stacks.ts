import * as cfn from "@aws-sdk/client-cloudformation";
import type { Scenario } from "./clients.ts";

const template = (more: object = {}) =>
  JSON.stringify({
    Description: "A queue and its name",
    Parameters: { Delay: { Type: "Number", Default: "0" } },
    Conditions: { Slow: { "Fn::Equals": [{ Ref: "Delay" }, "10"] } },
    Resources: {
      Queue: {
        Type: "AWS::SQS::Queue",
        Properties: { QueueName: "stacked", DelaySeconds: { Ref: "Delay" } },
      },
      ...more,
    },
    Outputs: { Name: { Value: { "Fn::GetAtt": ["Queue", "QueueName"] }, Export: { Name: "stacked-name" } } },
  });

export const stacks: Scenario = async (clients, call) => {
  const c = clients.cloudformation;
  const StackName = "compared";
  const wait = { client: c, maxWaitTime: 20, minDelay: 1, maxDelay: 1 };
  await call(c, new cfn.ValidateTemplateCommand({ TemplateBody: template() }));
  await call(c, new cfn.ValidateTemplateCommand({ TemplateBody: "no: [template" }));
  await call(c, new cfn.GetTemplateSummaryCommand({ TemplateBody: template() }));
  await call(c, new cfn.CreateStackCommand({ StackName, TemplateBody: template() }));
  await cfn.waitUntilStackCreateComplete(wait, { StackName });
  await call(c, new cfn.CreateStackCommand({ StackName, TemplateBody: template() }));
  await call(c, new cfn.DescribeStacksCommand({ StackName: "none" }));
  await call(c, new cfn.DescribeStackResourceCommand({ StackName, LogicalResourceId: "None" }));
  await call(c, new cfn.ListExportsCommand({}));
  await call(c, new cfn.GetTemplateCommand({ StackName: "none" }));
  await call(c, new cfn.UpdateStackCommand({ StackName, TemplateBody: template() }));
  const Parameters = [{ ParameterKey: "Delay", ParameterValue: "10" }];
  await call(c, new cfn.UpdateStackCommand({ StackName, TemplateBody: template(), Parameters }));
  await cfn.waitUntilStackUpdateComplete(wait, { StackName });
  const more = { More: { Type: "AWS::SNS::Topic", Properties: { TopicName: "stacked" } } };
  const ChangeSetName = "more";
  await call(c, new cfn.CreateChangeSetCommand({ StackName, ChangeSetName, TemplateBody: template(more), Parameters }));
  await cfn.waitUntilChangeSetCreateComplete(wait, { StackName, ChangeSetName });
  await call(c, new cfn.DescribeChangeSetCommand({ StackName, ChangeSetName: "none" }));
  await call(c, new cfn.ExecuteChangeSetCommand({ StackName, ChangeSetName }));
  await cfn.waitUntilStackUpdateComplete(wait, { StackName });
  await call(c, new cfn.DescribeStackResourcesCommand({ StackName: "none" }));
  await call(c, new cfn.ListStackResourcesCommand({ StackName: "none" }));
  await call(c, new cfn.CreateStackCommand({ StackName: "1-wrong", TemplateBody: template() }));
  await call(c, new cfn.CreateStackCommand({ StackName: "wrong", TemplateBody: '{"Resources":{}}' }));
  const unknown = JSON.stringify({
    Resources: { R: { Type: "AWS::SQS::Queue", Properties: { QueueName: { Ref: "Nobody" } } } },
  });
  await call(c, new cfn.CreateStackCommand({ StackName: "wrong", TemplateBody: unknown }));
  await call(c, new cfn.DeleteStackCommand({ StackName }));
  await cfn.waitUntilStackDeleteComplete(wait, { StackName });
  await call(c, new cfn.DescribeStacksCommand({ StackName }));
};
