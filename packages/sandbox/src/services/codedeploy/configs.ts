import type * as sdk from "@aws-sdk/client-codedeploy";
import type { DeploymentConfigInfo, TrafficRoutingConfig } from "@aws-sdk/client-codedeploy";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { type ConfigRecord, configs, groups, type TrafficRouting, unsupported } from "./records.ts";

const canary = (minutes: number): TrafficRouting => ({ kind: "TimeBasedCanary", percent: 10, minutes });
const linear = (minutes: number): TrafficRouting => ({ kind: "TimeBasedLinear", percent: 10, minutes });

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html#deployment-configuration-lambda */
const PREDEFINED: ReadonlyMap<string, TrafficRouting> = new Map([
  ["CodeDeployDefault.LambdaAllAtOnce", { kind: "AllAtOnce" } as TrafficRouting],
  ...[5, 10, 15, 30].map((minutes): [string, TrafficRouting] => [
    `CodeDeployDefault.LambdaCanary10Percent${minutes}Minutes`,
    canary(minutes),
  ]),
  ["CodeDeployDefault.LambdaLinear10PercentEvery1Minute", linear(1)],
  ...[2, 3, 10].map((minutes): [string, TrafficRouting] => [
    `CodeDeployDefault.LambdaLinear10PercentEvery${minutes}Minutes`,
    linear(minutes),
  ]),
]);

export function requireConfig(context: Pick<Context, "collection">, name: string): ConfigRecord {
  const routing = PREDEFINED.get(name);
  if (routing) return { id: name, name, routing, createdAt: "2017-11-27T00:00:00.000Z" };
  const own = configs(context).get(name);
  if (own) return own;
  const message = `No Deployment Configuration found for name: ${name}`;
  throw new AwsError("DeploymentConfigDoesNotExistException", message);
}

/** When how much goes to the new version, in milliseconds after the first shift; the last is 100 %. */
export function shiftsOf(routing: TrafficRouting): { afterMs: number; percent: number }[] {
  if (routing.kind === "AllAtOnce") return [{ afterMs: 0, percent: 100 }];
  const everyMs = routing.minutes * 60_000;
  const { percent } = routing;
  if (routing.kind === "TimeBasedCanary") {
    return [
      { afterMs: 0, percent },
      { afterMs: everyMs, percent: 100 },
    ];
  }
  const steps = Math.ceil(100 / percent);
  return Array.from({ length: steps }, (_, step) => ({
    afterMs: step * everyMs,
    percent: step === steps - 1 ? 100 : percent * (step + 1),
  }));
}

export const configOperations: Operations<typeof sdk> = {
  CreateDeploymentConfig(context, { deploymentConfigName: name = "", computePlatform, trafficRoutingConfig, ...rest }) {
    if (computePlatform !== "Lambda") throw unsupported(`compute platform ${computePlatform ?? "Server"}`);
    if (rest.minimumHealthyHosts || rest.zonalConfig) throw unsupported("with hosts of a Lambda deployment");
    if (PREDEFINED.has(name) || configs(context).get(name)) {
      const message = `Deployment Configuration with name ${name} already exists`;
      throw new AwsError("DeploymentConfigAlreadyExistsException", message);
    }
    if (!/^(?!CodeDeployDefault)[\w.-]{1,100}$/.test(name)) {
      throw new AwsError(
        "InvalidDeploymentConfigNameException",
        `Deployment Configuration name '${name}' is not valid.`,
      );
    }
    const routing = readRouting(trafficRoutingConfig);
    const id = context.random.uuid();
    configs(context).put(name, { id, name, routing, createdAt: context.clock.now().toISOString() });
    return { deploymentConfigId: id };
  },

  GetDeploymentConfig: (context, { deploymentConfigName: name = "" }) => ({
    deploymentConfigInfo: show(requireConfig(context, name)),
  }),

  ListDeploymentConfigs: (context) => ({
    deploymentConfigsList: [
      ...PREDEFINED.keys(),
      ...configs(context)
        .list()
        .map(({ key }) => key),
    ],
  }),

  DeleteDeploymentConfig(context, { deploymentConfigName: name = "" }) {
    if (PREDEFINED.has(name)) {
      throw new AwsError("InvalidOperationException", "Default deployment configurations can not be deleted.");
    }
    const isUsed = groups(context)
      .list()
      .some(({ value }) => value.configName === name);
    if (isUsed) {
      throw new AwsError("DeploymentConfigInUseException", `Deployment Configuration ${name} is in use by a group.`);
    }
    configs(context).delete(name);
    return {};
  },
};

function readRouting(given: TrafficRoutingConfig | undefined): TrafficRouting {
  const kind = given?.type ?? "AllAtOnce";
  if (kind === "AllAtOnce") return { kind };
  const [percent, minutes] =
    kind === "TimeBasedCanary"
      ? [given?.timeBasedCanary?.canaryPercentage, given?.timeBasedCanary?.canaryInterval]
      : [given?.timeBasedLinear?.linearPercentage, given?.timeBasedLinear?.linearInterval];
  const isRight = (value: number | undefined, most: number): value is number =>
    value !== undefined && Number.isInteger(value) && value >= 1 && value <= most;
  if ((kind === "TimeBasedCanary" || kind === "TimeBasedLinear") && isRight(percent, 99) && isRight(minutes, 2880)) {
    return { kind, percent, minutes };
  }
  throw new AwsError("InvalidTrafficRoutingConfigurationException", `The traffic routing ${kind} is not valid.`);
}

function show({ id, name, routing, createdAt }: ConfigRecord): DeploymentConfigInfo {
  const times = routing.kind === "AllAtOnce" ? undefined : routing;
  return {
    deploymentConfigId: id,
    deploymentConfigName: name,
    createTime: new Date(createdAt),
    computePlatform: "Lambda",
    trafficRoutingConfig: {
      type: routing.kind,
      ...(times?.kind === "TimeBasedCanary"
        ? { timeBasedCanary: { canaryPercentage: times.percent, canaryInterval: times.minutes } }
        : {}),
      ...(times?.kind === "TimeBasedLinear"
        ? { timeBasedLinear: { linearPercentage: times.percent, linearInterval: times.minutes } }
        : {}),
    },
  };
}
