import type * as sdk from "@aws-sdk/client-apigatewayv2";
import type { Authorizer, JWTConfiguration } from "@aws-sdk/client-apigatewayv2";
import type { Context } from "../../core/context.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import {
  type AuthorizerRecord,
  authorizers,
  badRequest,
  conflict,
  getApi,
  newId,
  notFound,
  ofApi,
  routes,
  unsupported,
} from "./records.ts";

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html */
export const authorizerOperations: Operations<typeof sdk> = {
  CreateAuthorizer(context, input) {
    const api = getApi(context, input.ApiId);
    if (input.AuthorizerType !== "JWT") throw unsupported(`authorizer type ${input.AuthorizerType}`);
    const authorizer: AuthorizerRecord = {
      id: newId(context),
      ...readJwt(input.Name, input.IdentitySource, input.JwtConfiguration),
    };
    authorizers(context).put(`${api.id}/${authorizer.id}`, authorizer);
    return show(authorizer);
  },

  GetAuthorizer: (context, { ApiId, AuthorizerId }) => show(getAuthorizer(context, ApiId, AuthorizerId)),

  GetAuthorizers(context, { ApiId, NextToken, MaxResults }) {
    const api = getApi(context, ApiId);
    const size = Number(MaxResults ?? 100);
    const { items, nextToken } = page(ofApi(authorizers(context), api.id), ({ id }) => id, { token: NextToken, size });
    return { Items: items.map(show), NextToken: nextToken };
  },

  UpdateAuthorizer(context, input) {
    const before = getAuthorizer(context, input.ApiId, input.AuthorizerId);
    if (input.AuthorizerType !== undefined && input.AuthorizerType !== "JWT") {
      throw unsupported(`authorizer type ${input.AuthorizerType}`);
    }
    const given: JWTConfiguration = {
      Issuer: input.JwtConfiguration?.Issuer ?? before.issuer,
      Audience: input.JwtConfiguration?.Audience ?? [...before.audience],
    };
    const authorizer = {
      id: before.id,
      ...readJwt(input.Name ?? before.name, input.IdentitySource ?? [before.identitySource], given),
    };
    authorizers(context).put(`${input.ApiId}/${authorizer.id}`, authorizer);
    return show(authorizer);
  },

  DeleteAuthorizer(context, { ApiId, AuthorizerId }) {
    const { id } = getAuthorizer(context, ApiId, AuthorizerId);
    const user = ofApi(routes(context), ApiId ?? "").find(({ authorizerId }) => authorizerId === id);
    if (user) throw conflict(`Cannot delete Authorizer ${id} due to Route ${user.key} referencing it.`);
    authorizers(context).delete(`${ApiId}/${id}`);
    return {};
  },
};

export function getAuthorizer(context: Context, apiId: string | undefined, id: string | undefined): AuthorizerRecord {
  const found = authorizers(context).get(`${getApi(context, apiId).id}/${id}`);
  if (found) return found;
  throw notFound(`Invalid Authorizer identifier specified ${id}`);
}

/** What a JWT authorizer needs, checked. The issuer may be plain HTTP here, because the sandbox's own is. */
export function readJwt(
  name = "",
  identitySource: readonly string[] | undefined,
  { Issuer: issuer = "", Audience: audience = [] }: JWTConfiguration = {},
): Omit<AuthorizerRecord, "id"> {
  if (name === "" || name.length > 128) throw badRequest("An authorizer's name has from 1 to 128 characters.");
  if (!/^https?:\/\/[^\s]+$/.test(issuer)) throw badRequest(`Invalid issuer: ${issuer}. Issuer must be a valid URL.`);
  if (audience.length === 0) throw badRequest("The audience of a JWT authorizer must not be empty.");
  const source = identitySource?.[0] ?? "$request.header.Authorization";
  if (!/^\$request\.(header|querystring)\.[\w-]+$/.test(source)) throw badRequest(`Invalid identity source: ${source}`);
  return { name, issuer, audience: [...audience], identitySource: source };
}

const show = ({ id, name, issuer, audience, identitySource }: AuthorizerRecord): Authorizer & { Name: string } => ({
  AuthorizerId: id,
  AuthorizerType: "JWT",
  Name: name,
  IdentitySource: [identitySource],
  JwtConfiguration: { Issuer: issuer, Audience: [...audience] },
});
