import * as sdk from "@aws-sdk/client-ec2";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { defineService, type Operations } from "../../core/service.ts";
import { endpointOperations } from "./endpoints.ts";
import { gatewayOperations } from "./internet-gateways.ts";
import { newId, put } from "./records.ts";
import { routeTableOperations } from "./route-tables.ts";
import { securityGroupOperations } from "./security-groups.ts";
import { subnetOperations, zonesOf } from "./subnets.ts";
import { tagOperations } from "./tags.ts";
import { makeVpc, vpcOperations } from "./vpcs.ts";

/** Every account has a default VPC with a subnet in each zone and a way out; made when a region is first asked. */
function ensureDefaults(context: Context): void {
  const done = context.collection<boolean>("defaults");
  if (done.get("made")) return;
  context.store.transaction(() => {
    const common = { tenancy: "default", isDefault: true, dnsSupport: true, dnsHostnames: true, tags: {} };
    const vpc = makeVpc(context, { cidr: "172.31.0.0/16", ...common });
    for (const [index, zone] of zonesOf(context).entries()) {
      const subnet = {
        vpcId: vpc.id,
        cidr: `172.31.${index * 16}.0/20`,
        zone,
        isDefault: true,
        publicIps: true,
        tags: {},
      };
      put(context, "subnet", { id: newId(context, "subnet"), ...subnet });
    }
    put(context, "igw", { id: newId(context, "igw"), vpcId: vpc.id, tags: {} });
    done.put("made", true);
  });
}

/** What every operation has in common: the account's defaults are there, and a dry run ends before anything happens. */
function prepared(operations: Operations<typeof sdk>): Operations<typeof sdk> {
  const all = operations as Readonly<Record<string, (context: Context, input: { DryRun?: boolean }) => unknown>>;
  const wrapped = Object.entries(all).map(([name, run]) => [
    name,
    (context: Context, input: { DryRun?: boolean }) => {
      ensureDefaults(context);
      if (input.DryRun) {
        const message = "Request would have succeeded, but DryRun flag is set.";
        throw new AwsError("DryRunOperation", message, { status: 412 });
      }
      return run(context, input);
    },
  ]);
  return Object.fromEntries(wrapped) as Operations<typeof sdk>;
}

/**
 * EC2's networks as records: VPCs, subnets, route tables with routes, internet gateways, security groups with rules, VPC
 * endpoints, tags, the default VPC of each region. They are checked against each other as EC2 does (blocks, duplicates,
 * what is still in use), and nothing is routed, filtered or resolved by them.
 *
 * Gaps, 501: instances and everything else. Refused by name: IPv6 blocks, address pools, endpoints that are neither
 * gateways nor interfaces. A table's routes aren't checked against NAT gateways and the like, which aren't there.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html
 */
export const ec2 = defineService({
  sdk,
  client: "EC2Client",
  operations: prepared({
    ...vpcOperations,
    ...subnetOperations,
    ...routeTableOperations,
    ...gatewayOperations,
    ...securityGroupOperations,
    ...endpointOperations,
    ...tagOperations,
  }),
});
