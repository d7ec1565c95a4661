import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import type * as sdk from "@aws-sdk/client-ssm";
import type { Parameter } from "@aws-sdk/client-ssm";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { matchesFilters } from "./filters.ts";
import {
  allVersions,
  arnOf,
  findVersion,
  latestVersion,
  parameterNotFound,
  parametersOf,
  readReference,
  showValue,
} from "./parameters.ts";

const SECRETS = "/aws/reference/secretsmanager/";
const MOST_NAMES = 10;
const PAGE = { path: 10, history: 50, describe: 50 };

async function read(context: Context, given: string, decrypt: boolean | undefined): Promise<Parameter> {
  if (given.startsWith(SECRETS)) return readSecret(context, given, decrypt);
  const reference = readReference(context, given);
  return showValue(context, findVersion(context, reference), { decrypt, selector: reference.selector });
}

/** A secret under its name in Parameter Store. https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-ps-secretsmanager.html */
async function readSecret(context: Context, given: string, decrypt: boolean | undefined): Promise<Parameter> {
  if (!decrypt) {
    throw new AwsError(
      "ValidationException",
      "WithDecryption flag must be True for retrieving a Secret Manager secret.",
    );
  }
  try {
    const secret = await context.send(new GetSecretValueCommand({ SecretId: given.slice(SECRETS.length) }));
    const { ARN, Name, VersionId, VersionStages, CreatedDate, SecretString } = secret;
    return {
      Name: given,
      Type: "SecureString",
      Value: SecretString ?? "",
      Version: 0,
      SourceResult: JSON.stringify({
        ARN,
        name: Name,
        versionId: VersionId,
        secretString: SecretString,
        versionStages: VersionStages,
        createdDate: CreatedDate?.toISOString(),
      }),
      ...(CreatedDate ? { LastModifiedDate: CreatedDate } : {}),
      ARN: arnOf(context, given),
    };
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== "ResourceNotFoundException") throw error;
    const message = `An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret ${given} not found.`;
    throw new AwsError("ParameterNotFound", message);
  }
}

export const readOperations: Operations<typeof sdk> = {
  GetParameter: async (context, { Name = "", WithDecryption }) => ({
    Parameter: await read(context, Name, WithDecryption),
  }),

  async GetParameters(context, { Names = [], WithDecryption }) {
    if (Names.length > MOST_NAMES) {
      const message = `1 validation error detected: Value '[${Names.join(", ")}]' at 'names' failed to satisfy constraint: Member must have length less than or equal to ${MOST_NAMES}`;
      throw new AwsError("ValidationException", message);
    }
    const Parameters: Parameter[] = [];
    const InvalidParameters: string[] = [];
    for (const name of new Set(Names)) {
      try {
        Parameters.push(await read(context, name, WithDecryption));
      } catch (error) {
        const isAbsent = error instanceof AwsError && /^Parameter(Version)?NotFound$/.test(error.code);
        if (!isAbsent) throw error;
        InvalidParameters.push(name);
      }
    }
    return { Parameters, InvalidParameters };
  },

  async GetParametersByPath(context, input) {
    const { Path = "", Recursive, WithDecryption, MaxResults = PAGE.path, NextToken } = input;
    if (!/^\/([\w.-]+\/?)*$/.test(Path)) {
      throw new AwsError(
        "ValidationException",
        'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.',
      );
    }
    if (MaxResults > PAGE.path || MaxResults < 1) {
      const message = `1 validation error detected: Value '${MaxResults}' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to ${PAGE.path}`;
      throw new AwsError("ValidationException", message);
    }
    const below = Path.endsWith("/") ? Path : `${Path}/`;
    // From the root everything is seen, names without a slash too.
    const inside = (name: string) => {
      const rest = below === "/" ? name.replace(/^\//, "") : name.slice(below.length);
      return Recursive === true || !rest.includes("/");
    };
    const found = parametersOf(context)
      .list(below === "/" ? "" : below)
      .filter(({ key, value }) => inside(key) && matchesFilters(context, value, input.ParameterFilters, "path"));
    const { items, nextToken } = page(found, ({ key }) => key, { token: NextToken, size: MaxResults });
    const shown = items.map(({ value }) =>
      showValue(context, latestVersion(context, value), { decrypt: WithDecryption }),
    );
    return { Parameters: await Promise.all(shown), NextToken: nextToken };
  },

  async GetParameterHistory(context, { Name = "", WithDecryption, MaxResults = PAGE.history, NextToken }) {
    const { name } = readReference(context, Name);
    if (!parametersOf(context).get(name)) throw parameterNotFound();
    const all = allVersions(context, name);
    const keyOf = ({ version }: { version: number }) => String(version).padStart(12, "0");
    const { items, nextToken } = page(all, keyOf, { token: NextToken, size: MaxResults });
    const Parameters = await Promise.all(
      items.map(async (version) => {
        const { Value, ARN: _, ...shown } = await showValue(context, version, { decrypt: WithDecryption });
        return {
          ...shown,
          Value,
          KeyId: version.keyId,
          Description: version.description,
          AllowedPattern: version.allowedPattern,
          LastModifiedUser: version.modifiedBy,
          Labels: [...version.labels],
          Tier: version.tier,
          Policies: [],
        };
      }),
    );
    return { Parameters, NextToken: nextToken };
  },

  DescribeParameters(context, { Filters, ParameterFilters, MaxResults = PAGE.describe, NextToken }) {
    if (Filters?.length && ParameterFilters?.length) {
      throw new AwsError("ValidationException", "You can use either Filters or ParameterFilters in a single request.");
    }
    const old = Filters?.map(({ Key, Values }) => ({ Key, Option: Key === "Name" ? "BeginsWith" : "Equals", Values }));
    const found = parametersOf(context)
      .list()
      .filter(({ value }) => matchesFilters(context, value, ParameterFilters ?? old, "describe"));
    const { items, nextToken } = page(found, ({ key }) => key, { token: NextToken, size: MaxResults });
    const Parameters = items.map(({ value }) => {
      const version = latestVersion(context, value);
      return {
        Name: version.name,
        ARN: arnOf(context, version.name),
        Type: version.type,
        KeyId: version.keyId,
        LastModifiedDate: new Date(version.modifiedAt),
        LastModifiedUser: version.modifiedBy,
        Description: version.description,
        AllowedPattern: version.allowedPattern,
        Version: version.version,
        Tier: version.tier,
        Policies: [],
        DataType: version.dataType,
      };
    });
    return { Parameters, NextToken: nextToken };
  },
};
