import { DescribeSubnetsCommand } from "@aws-sdk/client-ec2";
import type * as sdk from "@aws-sdk/client-rds";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { arnOf, clusters, invalid, type SubnetGroupRecord, subnetGroups, tagsOf } from "./records.ts";

/** The VPC of the subnets, which must be of one and in two zones at least. */
async function vpcOf(context: Context, SubnetIds: string[] | undefined): Promise<string> {
  const { Subnets = [] } = await context.send(new DescribeSubnetsCommand({ SubnetIds }));
  const vpcs = new Set(Subnets.map(({ VpcId }) => VpcId));
  const zones = new Set(Subnets.map(({ AvailabilityZone }) => AvailabilityZone));
  if (vpcs.size !== 1) throw new AwsError("InvalidSubnet", "The subnets of a DB subnet group must be of one VPC.");
  if (zones.size < 2) {
    const message =
      "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Add subnets to cover at least 2 AZs.";
    throw new AwsError("DBSubnetGroupDoesNotCoverEnoughAZs", message);
  }
  return Subnets[0]?.VpcId ?? "";
}

async function create(context: Context, input: sdk.CreateDBSubnetGroupMessage): Promise<sdk.CreateDBSubnetGroupResult> {
  const name = (input.DBSubnetGroupName ?? "").toLowerCase();
  if (name === "" || name === "default") throw invalid(`${name} isn't a name for a DB subnet group.`);
  if (subnetGroups(context).get(name)) {
    throw new AwsError("DBSubnetGroupAlreadyExistsFault", `The DB subnet group '${name}' already exists.`);
  }
  const group: SubnetGroupRecord = {
    name,
    description: input.DBSubnetGroupDescription ?? "",
    subnetIds: input.SubnetIds ?? [],
    vpcId: await vpcOf(context, input.SubnetIds),
    tags: tagsOf(input.Tags),
  };
  subnetGroups(context).put(name, group);
  return { DBSubnetGroup: show(context, group) };
}

const show = (context: Context, group: SubnetGroupRecord): sdk.DBSubnetGroup => ({
  DBSubnetGroupName: group.name,
  DBSubnetGroupDescription: group.description,
  DBSubnetGroupArn: arnOf(context, "subgrp", group.name),
  VpcId: group.vpcId,
  SubnetGroupStatus: "Complete",
  Subnets: group.subnetIds.map((id) => ({ SubnetIdentifier: id, SubnetStatus: "Active" })),
});

function getGroup(context: Context, name: string | undefined): SubnetGroupRecord {
  const group = subnetGroups(context).get((name ?? "").toLowerCase());
  if (group) return group;
  throw new AwsError("DBSubnetGroupNotFoundFault", `DB subnet group '${name}' does not exist.`);
}

export const subnetGroupOperations: Operations<typeof sdk> = {
  CreateDBSubnetGroup: create,
  ModifyDBSubnetGroup: async (context, input) => {
    const before = getGroup(context, input.DBSubnetGroupName);
    const vpcId = await vpcOf(context, input.SubnetIds);
    const description = input.DBSubnetGroupDescription ?? before.description;
    const group = { ...before, description, subnetIds: input.SubnetIds ?? [], vpcId };
    subnetGroups(context).put(group.name, group);
    return { DBSubnetGroup: show(context, group) };
  },
  DeleteDBSubnetGroup: (context, input) => {
    const { name } = getGroup(context, input.DBSubnetGroupName);
    if (
      clusters(context)
        .list()
        .some(({ value }) => value.subnetGroup?.toLowerCase() === name)
    ) {
      const message = `Cannot delete the subnet group '${name}' because at least one database instance is still using it.`;
      throw new AwsError("InvalidDBSubnetGroupStateFault", message);
    }
    subnetGroups(context).delete(name);
    return {};
  },
  DescribeDBSubnetGroups: (context, input) => {
    const groups =
      input.DBSubnetGroupName === undefined
        ? subnetGroups(context)
            .list()
            .map(({ value }) => value)
        : [getGroup(context, input.DBSubnetGroupName)];
    return { DBSubnetGroups: groups.map((group) => show(context, group)) };
  },
};
