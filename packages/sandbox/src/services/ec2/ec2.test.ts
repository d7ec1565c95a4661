import * as sdk from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { clientSettings, sandboxForTest, TOOLING, temporaryFolder } from "../../../test/support.ts";
import type { Sandbox } from "../../index.ts";

async function withVpc(sandbox: Sandbox) {
  const client = new sdk.EC2Client(clientSettings(sandbox));
  const Tags = [{ Key: "Name", Value: "orders" }];
  const { Vpc } = await client.send(
    new sdk.CreateVpcCommand({ CidrBlock: "10.0.0.0/16", TagSpecifications: [{ ResourceType: "vpc", Tags }] }),
  );
  const VpcId = Vpc?.VpcId ?? "";
  const subnet = async (CidrBlock: string, AvailabilityZone?: string) =>
    (await client.send(new sdk.CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZone }))).Subnet;
  const group = async (GroupName: string) =>
    (await client.send(new sdk.CreateSecurityGroupCommand({ VpcId, GroupName, Description: "for a test" }))).GroupId ??
    "";
  return { client, VpcId, vpc: Vpc, subnet, group };
}

test("a VPC comes with its main route table and its default group, is found by its tags, and survives a restart", async () => {
  const dataDir = temporaryFolder();
  const first = await sandboxForTest({ dataDir });
  const { vpc, VpcId } = await withVpc(first);
  expect(vpc).toMatchObject({ State: "pending", CidrBlock: "10.0.0.0/16", IsDefault: false, OwnerId: TOOLING });
  expect(VpcId).toMatch(/^vpc-0[0-9a-f]{16}$/);
  await first.stop();
  const client = new sdk.EC2Client(clientSettings(await sandboxForTest({ dataDir })));
  const Filters = [{ Name: "tag:Name", Values: ["ord*"] }];
  const { Vpcs } = await client.send(new sdk.DescribeVpcsCommand({ Filters }));
  expect(Vpcs).toMatchObject([{ VpcId, State: "available", Tags: [{ Key: "Name", Value: "orders" }] }]);
  const inVpc = { Filters: [{ Name: "vpc-id", Values: [VpcId] }] };
  const { RouteTables } = await client.send(new sdk.DescribeRouteTablesCommand(inVpc));
  expect(RouteTables).toMatchObject([
    {
      Associations: [{ Main: true }],
      Routes: [
        { DestinationCidrBlock: "10.0.0.0/16", GatewayId: "local", Origin: "CreateRouteTable", State: "active" },
      ],
    },
  ]);
  const { SecurityGroups } = await client.send(new sdk.DescribeSecurityGroupsCommand(inVpc));
  expect(SecurityGroups?.map(({ GroupName }) => GroupName)).toEqual(["default"]);
});

test("an account has a default VPC with a subnet in each zone", async () => {
  const sandbox = await sandboxForTest();
  const client = new sdk.EC2Client(clientSettings(sandbox));
  const { Vpcs } = await client.send(
    new sdk.DescribeVpcsCommand({ Filters: [{ Name: "is-default", Values: ["true"] }] }),
  );
  expect(Vpcs).toMatchObject([{ CidrBlock: "172.31.0.0/16", IsDefault: true }]);
  const { Subnets } = await client.send(new sdk.DescribeSubnetsCommand({}));
  expect(Subnets?.map(({ AvailabilityZone }) => AvailabilityZone).sort()).toEqual([
    "eu-west-1a",
    "eu-west-1b",
    "eu-west-1c",
  ]);
  expect(Subnets?.[0]).toMatchObject({ AvailableIpAddressCount: 4091, DefaultForAz: true });
});

test("a subnet must lie in its VPC and beside its neighbours, and holds its VPC up", async () => {
  const sandbox = await sandboxForTest();
  const { client, VpcId, subnet } = await withVpc(sandbox);
  const made = await subnet("10.0.1.0/24", "eu-west-1b");
  expect(made).toMatchObject({
    AvailabilityZone: "eu-west-1b",
    AvailabilityZoneId: "euw1-az2",
    AvailableIpAddressCount: 251,
  });
  await expect(subnet("10.0.1.128/25")).rejects.toThrow("The CIDR '10.0.1.128/25' conflicts with another subnet");
  await expect(subnet("10.1.0.0/24")).rejects.toThrow("The CIDR '10.1.0.0/24' is invalid.");
  await expect(client.send(new sdk.DeleteVpcCommand({ VpcId }))).rejects.toThrow(
    `The vpc '${VpcId}' has dependencies and cannot be deleted.`,
  );
  await client.send(new sdk.DeleteSubnetCommand({ SubnetId: made?.SubnetId }));
  await client.send(new sdk.DeleteVpcCommand({ VpcId }));
  await expect(client.send(new sdk.DescribeVpcsCommand({ VpcIds: [VpcId] }))).rejects.toThrow(
    expect.objectContaining({ name: "InvalidVpcID.NotFound", message: `The vpc ID '${VpcId}' does not exist` }),
  );
});

test("rules of a security group are kept one by one, shown together, and refused a second time", async () => {
  const sandbox = await sandboxForTest();
  const { client, group } = await withVpc(sandbox);
  const [web, database] = [await group("web"), await group("database")];
  const IpPermissions = [
    {
      IpProtocol: "tcp",
      FromPort: 5432,
      ToPort: 5432,
      UserIdGroupPairs: [{ GroupId: web }],
      IpRanges: [{ CidrIp: "10.0.0.0/16" }],
    },
  ];
  const allow = new sdk.AuthorizeSecurityGroupIngressCommand({ GroupId: database, IpPermissions });
  const { SecurityGroupRules } = await client.send(allow);
  expect(SecurityGroupRules).toHaveLength(2);
  await expect(client.send(allow)).rejects.toThrow(
    'the specified rule "peer: 10.0.0.0/16, TCP, from port: 5432, to port: 5432, ALLOW" already exists',
  );
  const describe = new sdk.DescribeSecurityGroupsCommand({ GroupIds: [database] });
  const { SecurityGroups: [shown] = [] } = await client.send(describe);
  expect(shown?.IpPermissions).toEqual([
    {
      IpProtocol: "tcp",
      FromPort: 5432,
      ToPort: 5432,
      IpRanges: [{ CidrIp: "10.0.0.0/16" }],
      Ipv6Ranges: [],
      PrefixListIds: [],
      UserIdGroupPairs: [{ GroupId: web, UserId: TOOLING }],
    },
  ]);
  expect(shown?.IpPermissionsEgress).toMatchObject([{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }]);
  await expect(client.send(new sdk.DeleteSecurityGroupCommand({ GroupId: web }))).rejects.toThrow(
    `resource ${web} has a dependent object`,
  );
  await client.send(new sdk.RevokeSecurityGroupIngressCommand({ GroupId: database, IpPermissions }));
  await expect(
    client.send(new sdk.RevokeSecurityGroupIngressCommand({ GroupId: database, IpPermissions })),
  ).rejects.toThrow("The specified rule does not exist in this security group.");
  await client.send(new sdk.DeleteSecurityGroupCommand({ GroupId: web }));
});

test("a subnet's way out: a gateway, a route to it, and the table that holds it", async () => {
  const sandbox = await sandboxForTest();
  const { client, VpcId, subnet } = await withVpc(sandbox);
  const SubnetId = (await subnet("10.0.1.0/24"))?.SubnetId;
  const { InternetGateway } = await client.send(new sdk.CreateInternetGatewayCommand({}));
  const GatewayId = InternetGateway?.InternetGatewayId;
  await client.send(new sdk.AttachInternetGatewayCommand({ InternetGatewayId: GatewayId, VpcId }));
  const { RouteTable } = await client.send(new sdk.CreateRouteTableCommand({ VpcId }));
  const RouteTableId = RouteTable?.RouteTableId;
  const DestinationCidrBlock = "0.0.0.0/0";
  await client.send(new sdk.CreateRouteCommand({ RouteTableId, DestinationCidrBlock, GatewayId }));
  const { AssociationId } = await client.send(new sdk.AssociateRouteTableCommand({ RouteTableId, SubnetId }));
  const Filters = [{ Name: "association.subnet-id", Values: [SubnetId ?? ""] }];
  const { RouteTables } = await client.send(new sdk.DescribeRouteTablesCommand({ Filters }));
  expect(RouteTables?.[0]?.Routes?.[1]).toMatchObject({ DestinationCidrBlock, GatewayId, Origin: "CreateRoute" });
  const remove = new sdk.DeleteRouteTableCommand({ RouteTableId });
  await expect(client.send(remove)).rejects.toThrow(sdk.EC2ServiceException);
  await client.send(new sdk.DisassociateRouteTableCommand({ AssociationId }));
  await client.send(remove);
});

test("a dry run changes nothing, and a filter that isn't known is refused", async () => {
  const sandbox = await sandboxForTest();
  const client = new sdk.EC2Client(clientSettings(sandbox));
  const dry = client.send(new sdk.CreateVpcCommand({ CidrBlock: "10.0.0.0/16", DryRun: true }));
  await expect(dry).rejects.toThrow("Request would have succeeded, but DryRun flag is set.");
  expect((await client.send(new sdk.DescribeVpcsCommand({}))).Vpcs).toHaveLength(1);
  const Filters = [{ Name: "odd", Values: ["x"] }];
  await expect(client.send(new sdk.DescribeVpcsCommand({ Filters }))).rejects.toThrow("The filter 'odd' is invalid");
});
