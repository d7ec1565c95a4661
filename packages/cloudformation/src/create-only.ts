/**
 * Properties whose change makes CloudFormation create a new resource and delete the old one ("Update requires:
 * Replacement" in the resource type reference). `*`: every property. A type that isn't listed has none.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
 */
const CREATE_ONLY: Record<string, readonly string[]> = {
  "AWS::ApiGatewayV2::Api": ["ProtocolType"],
  "AWS::ApiGatewayV2::Integration": ["ApiId"],
  "AWS::ApiGatewayV2::Route": ["ApiId"],
  "AWS::ApiGatewayV2::Stage": ["ApiId", "StageName"],
  "AWS::CloudWatch::Alarm": ["AlarmName"],
  "AWS::CodeBuild::Project": ["Name"],
  "AWS::CodeConnections::Connection": ["ConnectionName", "HostArn", "ProviderType"],
  "AWS::CodePipeline::Pipeline": ["Name"],
  "AWS::CodeStarConnections::Connection": ["ConnectionName", "HostArn", "ProviderType"],
  "AWS::DynamoDB::Table": ["KeySchema", "LocalSecondaryIndexes", "TableName"],
  "AWS::Events::Rule": ["EventBusName", "Name"],
  "AWS::IAM::ManagedPolicy": ["Description", "ManagedPolicyName", "Path"],
  "AWS::IAM::Role": ["Path", "RoleName"],
  "AWS::KMS::Alias": ["AliasName"],
  "AWS::Lambda::Alias": ["FunctionName", "Name"],
  "AWS::Lambda::EventInvokeConfig": ["FunctionName", "Qualifier"],
  "AWS::Lambda::EventSourceMapping": ["EventSourceArn", "StartingPosition"],
  "AWS::Lambda::Function": ["FunctionName", "PackageType"],
  "AWS::Lambda::Permission": ["*"],
  "AWS::Lambda::Version": ["CodeSha256", "Description", "FunctionName"],
  "AWS::Logs::LogGroup": ["LogGroupName"],
  "AWS::S3::Bucket": ["BucketName"],
  "AWS::S3::BucketPolicy": ["Bucket"],
  "AWS::SNS::Topic": ["FifoTopic", "TopicName"],
  "AWS::SQS::Queue": ["FifoQueue", "QueueName"],
  "AWS::SSM::Parameter": ["Name"],
  "AWS::StepFunctions::StateMachine": ["StateMachineName", "StateMachineType"],
  "AWS::StepFunctions::StateMachineAlias": ["Name"],
  "AWS::StepFunctions::StateMachineVersion": ["Description", "StateMachineArn", "StateMachineRevisionId"],
};

export function isCreateOnly(type: string, property: string): boolean {
  const names = Object.hasOwn(CREATE_ONLY, type) ? CREATE_ONLY[type] : undefined;
  return names !== undefined && (names[0] === "*" || names.includes(property));
}
