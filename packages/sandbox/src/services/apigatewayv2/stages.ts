import type * as sdk from "@aws-sdk/client-apigatewayv2";
import type { Deployment, Stage, UpdateStageCommandInput } from "@aws-sdk/client-apigatewayv2";
import type { Context } from "../../core/context.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import {
  apis,
  badRequest,
  conflict,
  type DeploymentRecord,
  deployments,
  getApi,
  newId,
  notFound,
  ofApi,
  type StageRecord,
  snapshot,
  stages,
} from "./records.ts";

export const stageOperations: Operations<typeof sdk> = {
  CreateStage(context, input) {
    const api = getApi(context, input.ApiId);
    const name = input.StageName ?? "";
    if (!/^(\$default|[\w-]{1,128})$/.test(name)) throw badRequest(`"${name}" can't be the name of a stage.`);
    if (stages(context).get(`${api.id}/${name}`)) throw conflict("Stage already exists");
    const stage = { ...changed(context, api.id, newStage(context, name), input), tags: input.Tags ?? {} };
    stages(context).put(`${api.id}/${name}`, stage);
    return showStage(stage);
  },

  GetStage: (context, { ApiId, StageName }) => showStage(getStage(context, ApiId, StageName)),

  GetStages(context, { ApiId, NextToken, MaxResults }) {
    const api = getApi(context, ApiId);
    const size = Number(MaxResults ?? 100);
    const { items, nextToken } = page(ofApi(stages(context), api.id), ({ name }) => name, { token: NextToken, size });
    return { Items: items.map(showStage), NextToken: nextToken };
  },

  UpdateStage(context, input) {
    const stage = changed(context, input.ApiId ?? "", getStage(context, input.ApiId, input.StageName), input);
    stages(context).put(`${input.ApiId}/${stage.name}`, stage);
    return showStage(stage);
  },

  DeleteStage(context, { ApiId, StageName }) {
    const { name } = getStage(context, ApiId, StageName);
    stages(context).delete(`${ApiId}/${name}`);
    return {};
  },

  CreateDeployment(context, { ApiId, Description, StageName }) {
    const api = getApi(context, ApiId);
    const deployment: DeploymentRecord = {
      id: newId(context),
      description: Description,
      createdAt: context.clock.now().toISOString(),
      ...snapshot(context, api.id),
    };
    if (deployment.routes.length === 0) throw badRequest("At least one route is required before deploying the Api.");
    const stage = StageName === undefined ? undefined : getStage(context, ApiId, StageName);
    context.store.transaction(() => {
      deployments(context).put(`${api.id}/${deployment.id}`, deployment);
      if (stage) stages(context).put(`${api.id}/${stage.name}`, { ...stage, deploymentId: deployment.id });
    });
    return showDeployment(deployment);
  },

  GetDeployment: (context, { ApiId, DeploymentId }) => showDeployment(getDeployment(context, ApiId, DeploymentId)),

  GetDeployments(context, { ApiId, NextToken, MaxResults }) {
    const api = getApi(context, ApiId);
    const size = Number(MaxResults ?? 100);
    const { items, nextToken } = page(ofApi(deployments(context), api.id), ({ id }) => id, { token: NextToken, size });
    return { Items: items.map(showDeployment), NextToken: nextToken };
  },

  DeleteDeployment(context, { ApiId, DeploymentId }) {
    const { id } = getDeployment(context, ApiId, DeploymentId);
    const user = ofApi(stages(context), ApiId ?? "").find(({ deploymentId }) => deploymentId === id);
    if (user) throw badRequest(`Active stages pointing to this deployment must be moved or deleted: ${user.name}`);
    deployments(context).delete(`${ApiId}/${id}`);
    return {};
  },

  TagResource(context, { ResourceArn, Tags = {} }) {
    retag(context, ResourceArn, (tags) => ({ ...tags, ...Tags }));
    return {};
  },

  UntagResource(context, { ResourceArn, TagKeys = [] }) {
    retag(context, ResourceArn, (tags) =>
      Object.fromEntries(Object.entries(tags).filter(([key]) => !TagKeys.includes(key))),
    );
    return {};
  },

  GetTags: (context, { ResourceArn }) => ({ Tags: retag(context, ResourceArn, (tags) => tags) }),
};

export function newStage(context: Context, name: string): StageRecord {
  const now = context.clock.now().toISOString();
  return {
    ...{ name, description: undefined, autoDeploy: false, deploymentId: undefined, variables: {} },
    ...{
      accessLog: undefined,
      defaultRouteSettings: undefined,
      routeSettings: {},
      tags: {},
      createdAt: now,
      updatedAt: now,
    },
  };
}

function changed(
  context: Context,
  apiId: string,
  before: StageRecord,
  input: Omit<UpdateStageCommandInput, "StageName">,
): StageRecord {
  if (input.DeploymentId !== undefined) getDeployment(context, apiId, input.DeploymentId);
  return {
    ...before,
    description: input.Description ?? before.description,
    autoDeploy: input.AutoDeploy ?? before.autoDeploy,
    deploymentId: input.DeploymentId ?? before.deploymentId,
    variables: input.StageVariables ?? before.variables,
    accessLog: input.AccessLogSettings ?? before.accessLog,
    defaultRouteSettings: input.DefaultRouteSettings ?? before.defaultRouteSettings,
    routeSettings: input.RouteSettings ?? before.routeSettings,
    updatedAt: context.clock.now().toISOString(),
  };
}

function getStage(context: Context, apiId: string | undefined, name: string | undefined): StageRecord {
  const stage = stages(context).get(`${getApi(context, apiId).id}/${name}`);
  if (stage) return stage;
  throw notFound(`Invalid stage identifier specified`);
}

function getDeployment(context: Context, apiId: string | undefined, id: string | undefined): DeploymentRecord {
  const deployment = deployments(context).get(`${getApi(context, apiId).id}/${id}`);
  if (deployment) return deployment;
  throw notFound(`Invalid Deployment identifier specified ${id}`);
}

/** `arn:aws:apigateway:eu-west-1::/apis/<id>` or `…/apis/<id>/stages/<name>`; answers the tags afterwards. */
function retag(
  context: Context,
  arn: string | undefined,
  change: (tags: Readonly<Record<string, string>>) => Readonly<Record<string, string>>,
): Record<string, string> {
  const [, apiId, stageName] =
    /^arn:aws[\w-]*:apigateway:[\w-]+::\/apis\/([^/]+)(?:\/stages\/([^/]+))?$/.exec(arn ?? "") ?? [];
  if (!apiId) throw badRequest(`"${arn}" isn't the ARN of an API or a stage.`);
  if (stageName) {
    const stage = getStage(context, apiId, decodeURIComponent(stageName));
    const tags = change(stage.tags);
    stages(context).put(`${apiId}/${stage.name}`, { ...stage, tags });
    return { ...tags };
  }
  const api = getApi(context, apiId);
  const tags = change(api.tags);
  apis(context).put(api.id, { ...api, tags });
  return { ...tags };
}

const showStage = (stage: StageRecord): Stage & { StageName: string } => ({
  StageName: stage.name,
  Description: stage.description,
  AutoDeploy: stage.autoDeploy,
  DeploymentId: stage.deploymentId,
  StageVariables: { ...stage.variables },
  AccessLogSettings: stage.accessLog,
  DefaultRouteSettings: stage.defaultRouteSettings ?? { DetailedMetricsEnabled: false },
  RouteSettings: { ...stage.routeSettings },
  ApiGatewayManaged: false,
  CreatedDate: new Date(stage.createdAt),
  LastUpdatedDate: new Date(stage.updatedAt),
  ...(stage.autoDeploy ? { LastDeploymentStatusMessage: "Successfully deployed stage with autoDeploy" } : {}),
  Tags: { ...stage.tags },
});

const showDeployment = (deployment: DeploymentRecord): Deployment => ({
  DeploymentId: deployment.id,
  Description: deployment.description,
  CreatedDate: new Date(deployment.createdAt),
  DeploymentStatus: "DEPLOYED",
  AutoDeployed: false,
});
