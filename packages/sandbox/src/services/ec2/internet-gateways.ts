import type * as sdk from "@aws-sdk/client-ec2";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { type FilterValues, select } from "./describe.ts";
import { all, find, type GatewayRecord, inUse, newId, put, showTags, storeOf, tagsOf } from "./records.ts";

const FILTERS: FilterValues<GatewayRecord> = {
  "internet-gateway-id": ({ id }) => [id],
  "attachment.vpc-id": ({ vpcId }) => [vpcId],
  "attachment.state": ({ vpcId }) => [vpcId === undefined ? undefined : "available"],
};

const show = ({ account }: Context, { id, vpcId, tags }: GatewayRecord): sdk.InternetGateway => ({
  InternetGatewayId: id,
  OwnerId: account,
  // EC2 says `available` for what the SDK calls attached.
  Attachments: vpcId === undefined ? [] : [{ VpcId: vpcId, State: "available" as "attached" }],
  Tags: showTags(tags),
});

function attach(context: Context, input: sdk.AttachInternetGatewayRequest): object {
  const gateway = find(context, "igw", input.InternetGatewayId);
  const vpc = find(context, "vpc", input.VpcId);
  if (gateway.vpcId !== undefined || all(context, "igw").some(({ vpcId }) => vpcId === vpc.id)) {
    const message = `resource ${gateway.id} is already attached to network ${gateway.vpcId ?? vpc.id}`;
    throw new AwsError("Resource.AlreadyAssociated", message);
  }
  put(context, "igw", { ...gateway, vpcId: vpc.id });
  return {};
}

function detach(context: Context, input: sdk.DetachInternetGatewayRequest): object {
  const gateway = find(context, "igw", input.InternetGatewayId);
  if (gateway.vpcId !== input.VpcId) {
    throw new AwsError("Gateway.NotAttached", `resource ${gateway.id} is not attached to network ${input.VpcId}`);
  }
  put(context, "igw", { ...gateway, vpcId: undefined });
  return {};
}

export const gatewayOperations: Operations<typeof sdk> = {
  CreateInternetGateway: (context, input) => {
    const made = { id: newId(context, "igw"), vpcId: undefined, tags: tagsOf(input.TagSpecifications) };
    return { InternetGateway: show(context, put(context, "igw", made)) };
  },
  DeleteInternetGateway: (context, input) => {
    const { id, vpcId } = find(context, "igw", input.InternetGatewayId);
    if (vpcId !== undefined) throw inUse(`The internetGateway '${id}'`);
    storeOf(context, "igw").delete(id);
    return {};
  },
  DescribeInternetGateways: (context, input) => {
    const { items, ...more } = select(context, "igw", input.InternetGatewayIds, input, FILTERS);
    return { InternetGateways: items.map((gateway) => show(context, gateway)), ...more };
  },
  AttachInternetGateway: attach,
  DetachInternetGateway: detach,
};
