import { DeleteStackCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import * as ec2 from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { sandboxForTest, TOOLING } from "../../../../test/support.ts";
import { deploy } from "../testing.ts";

const ref = (Ref: string) => ({ Ref });
const attribute = (id: string, name: string) => ({ "Fn::GetAtt": [id, name] });
const database = { IpProtocol: "tcp", FromPort: "5432", ToPort: 5432 };

/** A VPC as the golden paths have it: private subnets, a way to the database, endpoints instead of a way out. */
const template = JSON.stringify({
  Resources: {
    Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16", EnableDnsHostnames: "true" } },
    Subnet: {
      Type: "AWS::EC2::Subnet",
      Properties: { VpcId: ref("Vpc"), CidrBlock: "10.0.1.0/24", AvailabilityZone: { "Fn::Sub": "${AWS::Region}a" } },
    },
    Gateway: { Type: "AWS::EC2::InternetGateway" },
    Attachment: {
      Type: "AWS::EC2::VPCGatewayAttachment",
      Properties: { VpcId: ref("Vpc"), InternetGatewayId: ref("Gateway") },
    },
    Table: { Type: "AWS::EC2::RouteTable", Properties: { VpcId: ref("Vpc") } },
    Out: {
      Type: "AWS::EC2::Route",
      DependsOn: "Attachment",
      Properties: { RouteTableId: ref("Table"), DestinationCidrBlock: "0.0.0.0/0", GatewayId: ref("Gateway") },
    },
    Association: {
      Type: "AWS::EC2::SubnetRouteTableAssociation",
      Properties: { RouteTableId: ref("Table"), SubnetId: ref("Subnet") },
    },
    Functions: {
      Type: "AWS::EC2::SecurityGroup",
      Properties: {
        GroupDescription: "functions",
        VpcId: ref("Vpc"),
        SecurityGroupEgress: [{ IpProtocol: "tcp", FromPort: 443, ToPort: 443, CidrIp: "0.0.0.0/0" }],
      },
    },
    Database: { Type: "AWS::EC2::SecurityGroup", Properties: { GroupDescription: "database", VpcId: ref("Vpc") } },
    In: {
      Type: "AWS::EC2::SecurityGroupIngress",
      Properties: { GroupId: attribute("Database", "GroupId"), ...database, SourceSecurityGroupId: ref("Functions") },
    },
    Over: {
      Type: "AWS::EC2::SecurityGroupEgress",
      Properties: { GroupId: ref("Functions"), ...database, DestinationSecurityGroupId: ref("Database") },
    },
    Secrets: {
      Type: "AWS::EC2::VPCEndpoint",
      Properties: {
        VpcId: ref("Vpc"),
        ServiceName: { "Fn::Sub": "com.amazonaws.${AWS::Region}.secretsmanager" },
        VpcEndpointType: "Interface",
        SubnetIds: [ref("Subnet")],
        SecurityGroupIds: [ref("Functions")],
        PrivateDnsEnabled: true,
      },
    },
    Objects: {
      Type: "AWS::EC2::VPCEndpoint",
      Properties: {
        VpcId: ref("Vpc"),
        ServiceName: { "Fn::Sub": "com.amazonaws.${AWS::Region}.s3" },
        RouteTableIds: [ref("Table")],
      },
    },
  },
  Outputs: {
    Vpc: { Value: ref("Vpc") },
    Table: { Value: ref("Table") },
    Functions: { Value: attribute("Functions", "GroupId") },
    Database: { Value: ref("Database") },
    Rule: { Value: ref("In") },
  },
});

test("a stack's network is made in order, holds together, and goes away whole", async () => {
  const sandbox = await sandboxForTest();
  const {
    Vpc = "",
    Table = "",
    Functions = "",
    Database = "",
    Rule,
  } = await deploy(sandbox, TOOLING, "network", template, {});
  const GroupIds = [Functions, Database];
  const { SecurityGroups = [] } = await sandbox.send(new ec2.DescribeSecurityGroupsCommand({ GroupIds }));
  const [functions, database] = GroupIds.map((id) => SecurityGroups.find(({ GroupId }) => GroupId === id));
  expect(functions?.IpPermissionsEgress?.map(({ FromPort }) => FromPort)).toEqual([443, 5432]);
  expect(functions?.GroupName).toMatch(/^network-Functions-/);
  expect(database?.IpPermissions).toMatchObject([
    { FromPort: 5432, ToPort: 5432, UserIdGroupPairs: [{ GroupId: Functions }] },
  ]);
  expect(Rule).toMatch(/^sgr-/);
  const { RouteTables } = await sandbox.send(new ec2.DescribeRouteTablesCommand({ RouteTableIds: [Table] }));
  expect(RouteTables?.[0]?.Routes?.map((route) => route.DestinationCidrBlock ?? route.DestinationPrefixListId)).toEqual(
    ["10.0.0.0/16", "0.0.0.0/0", expect.stringMatching(/^pl-/)],
  );
  const Filters = [{ Name: "vpc-id", Values: [Vpc] }];
  const { VpcEndpoints } = await sandbox.send(new ec2.DescribeVpcEndpointsCommand({ Filters }));
  expect(VpcEndpoints?.map(({ VpcEndpointType }) => VpcEndpointType).sort()).toEqual(["Gateway", "Interface"]);

  const settled = new Promise<string>((resolve) => {
    sandbox.signals.on("cloudformation.settled", ({ status }) => resolve(status));
  });
  await sandbox.send(new DeleteStackCommand({ StackName: "network" }));
  expect(await settled).toBe("DELETE_COMPLETE");
  await expect(sandbox.send(new DescribeStacksCommand({ StackName: "network" }))).rejects.toThrow("does not exist");
  expect((await sandbox.send(new ec2.DescribeVpcsCommand({ Filters }))).Vpcs).toEqual([]);
});
