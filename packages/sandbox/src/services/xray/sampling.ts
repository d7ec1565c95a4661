import type * as sdk from "@aws-sdk/client-xray";
import type {
  SamplingRule,
  SamplingRuleRecord,
  SamplingTargetDocument,
  UnprocessedStatistics,
} from "@aws-sdk/client-xray";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { putTags } from "./groups.ts";

interface RuleRecord {
  readonly rule: SamplingRule & { readonly RuleName: string; readonly RuleARN: string };
  readonly createdAt: string;
  readonly modifiedAt: string;
}

const rules = (context: Context) => context.collection<RuleRecord>("sampling-rules");
const arnOf = ({ account, region }: Context, name: string) => `arn:aws:xray:${region}:${account}:sampling-rule/${name}`;
const DEFAULT = "Default";
/** How long a reservoir's part is lent, and how often an SDK asks. */
const LENT_MS = 30_000;
const INTERVAL_S = 10;

/**
 * Sampling rules, which X-Ray's and ADOT's samplers ask for. The sandbox itself keeps what it is sent; each client gets a
 * rule's whole reservoir, because how many clients share it isn't kept.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sampling.html
 */
export const samplingOperations: Operations<typeof sdk> = {
  CreateSamplingRule(context, { SamplingRule: given, Tags }) {
    const name = given?.RuleName ?? "";
    if (!given || !/^[A-Za-z0-9_-]{1,32}$/.test(name)) throw invalid(`"${name}" can't be the name of a sampling rule.`);
    if (name === DEFAULT || rules(context).get(name)) throw invalid("A rule with the same name already exists.");
    check(given);
    const at = context.clock.now().toISOString();
    const rule = { Attributes: {}, ...given, RuleName: name, RuleARN: arnOf(context, name) };
    const record = { rule, createdAt: at, modifiedAt: at };
    rules(context).put(name, record);
    putTags(context, rule.RuleARN, Tags);
    return { SamplingRuleRecord: show(record) };
  },

  GetSamplingRules: (context) => ({ SamplingRuleRecords: all(context).map(show) }),

  UpdateSamplingRule(context, { SamplingRuleUpdate: given = {} }) {
    const before = getRule(context, given);
    const { RuleName: _, RuleARN: __, ...changes } = given;
    const rule = { ...before.rule, ...changes } as RuleRecord["rule"];
    check(rule);
    const record = { ...before, rule, modifiedAt: context.clock.now().toISOString() };
    rules(context).put(rule.RuleName, record);
    return { SamplingRuleRecord: show(record) };
  },

  DeleteSamplingRule(context, given) {
    const record = getRule(context, given);
    if (record.rule.RuleName === DEFAULT) throw invalid("The default rule can't be deleted.");
    rules(context).delete(record.rule.RuleName);
    return { SamplingRuleRecord: show(record) };
  },

  GetSamplingTargets(context, { SamplingStatisticsDocuments = [], SamplingBoostStatisticsDocuments }) {
    if (SamplingBoostStatisticsDocuments?.length) throw notThere("sampling boosts");
    const known = new Map(all(context).map(({ rule }) => [rule.RuleName, rule]));
    const nowMs = context.clock.now().getTime();
    const targets: SamplingTargetDocument[] = [];
    const unprocessed: UnprocessedStatistics[] = [];
    for (const { RuleName = "" } of SamplingStatisticsDocuments) {
      const rule = known.get(RuleName);
      if (!rule) {
        unprocessed.push({ RuleName, ErrorCode: "400", Message: "Unknown rule" });
        continue;
      }
      const { FixedRate, ReservoirSize: ReservoirQuota } = rule;
      const lent = { ReservoirQuota, ReservoirQuotaTTL: new Date(nowMs + LENT_MS) };
      targets.push({ RuleName, FixedRate, ...lent, Interval: INTERVAL_S });
    }
    const modified = all(context).map(({ modifiedAt }) => Date.parse(modifiedAt));
    return {
      SamplingTargetDocuments: targets,
      LastRuleModification: new Date(Math.max(...modified)),
      UnprocessedStatistics: unprocessed,
    };
  },
};

function check({ FixedRate = 0, ReservoirSize = 0, Priority = 1, Version = 1, SamplingRateBoost }: SamplingRule): void {
  if (SamplingRateBoost) throw notThere("sampling boosts");
  if (FixedRate < 0 || FixedRate > 1) throw invalid("FixedRate must be from 0 to 1.");
  if (ReservoirSize < 0) throw invalid("ReservoirSize must not be negative.");
  if (Priority < 1 || Priority > 9999) throw invalid("Priority must be from 1 to 9999.");
  if (Version !== 1) throw invalid("Version must be 1.");
}

/** Every account has a default rule: the first request of each second and five per cent of the rest. */
function defaultRule(context: Context): RuleRecord {
  const at = new Date(0).toISOString();
  const everything = { ServiceName: "*", ServiceType: "*", Host: "*", HTTPMethod: "*", URLPath: "*", ResourceARN: "*" };
  const rule = { RuleName: DEFAULT, RuleARN: arnOf(context, DEFAULT), ...everything };
  const rates = { Priority: 10_000, FixedRate: 0.05, ReservoirSize: 1, Version: 1, Attributes: {} };
  return { rule: { ...rule, ...rates }, createdAt: at, modifiedAt: at };
}

function all(context: Context): RuleRecord[] {
  const own = rules(context)
    .list()
    .map(({ value }) => value);
  return own.some(({ rule }) => rule.RuleName === DEFAULT) ? own : [defaultRule(context), ...own];
}

function getRule(
  context: Context,
  { RuleName, RuleARN }: { RuleName?: string | undefined; RuleARN?: string | undefined },
): RuleRecord {
  const found = all(context).find(({ rule }) =>
    RuleARN === undefined ? rule.RuleName === RuleName : rule.RuleARN === RuleARN,
  );
  if (found) return found;
  throw invalid("Sampling rule not found.");
}

const show = ({ rule, createdAt, modifiedAt }: RuleRecord): SamplingRuleRecord => ({
  SamplingRule: rule,
  CreatedAt: new Date(createdAt),
  ModifiedAt: new Date(modifiedAt),
});

const invalid = (message: string) => new AwsError("InvalidRequestException", message);
const notThere = (what: string) =>
  new AwsError("NotImplemented", `sandbox: X-Ray ${what} are not implemented`, { status: 501 });
