import { branchesOf, isGivenIn, memberOf, membersOf, textOf } from "../branches.ts";
import { contractIn } from "../contract.ts";
import { type Found, type Rule, verdictOf } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { invokedBy } from "../targets.ts";

/** What API Gateway waits for at most, in seconds. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const API_WAITS_S = 30;
const TIMEOUT_S = 10;
const THROTTLING = { ThrottlingBurstLimit: 200, ThrottlingRateLimit: 100 };
const WRITES = /^(POST|PUT|PATCH|DELETE) /;

function judgeTimeout({ id, properties, path, source }: Item): Found {
  const edits = [{ path: [...source.path, "Timeout"], value: TIMEOUT_S }];
  const fix = { summary: `Give up after ${TIMEOUT_S} seconds`, edits };
  if (!isGivenIn(properties, "Timeout")) {
    const message = `How long ${source.id} may take isn't stated, though a caller of its API waits for it.`;
    return [{ resource: id, at: path, message, fix }];
  }
  return branchesOf(properties.Timeout).flatMap(({ value }): Found => {
    const seconds = Number(textOf(value));
    if (Number.isNaN(seconds))
      return [{ look: `That ${source.id} gives up before its API does, after ${API_WAITS_S} s.` }];
    if (seconds < API_WAITS_S) return [];
    const message = `${source.id} may take ${seconds} s, and its API waits ${API_WAITS_S} s.`;
    return [{ resource: id, at: [...path, "Timeout"], message, fix }];
  });
}

function judgeStage({ id, type, properties, path, source }: Item): Found {
  const settings =
    type === "AWS::ApiGatewayV2::Stage"
      ? [properties.DefaultRouteSettings]
      : membersOf(properties.MethodSettings).map(({ value }) => value);
  if (settings.some((each) => isGivenIn(each, "ThrottlingRateLimit"))) return [];
  const isServerless = source.type === "AWS::Serverless::HttpApi";
  const place = isServerless ? source.path : path;
  const edits = [{ path: [...place, "DefaultRouteSettings"], value: THROTTLING }];
  const fix = { summary: "Limit the requests a second", edits };
  const message = `One caller of ${source.id} may use up what all of them share: its stage limits nothing.`;
  return [{ resource: id, at: path, message, ...(type === "AWS::ApiGatewayV2::Stage" && { fix }) }];
}

/** What the repository says of those who call: a client for them, and writes that may be repeated. */
function judgeContract({ files }: Subject): Found {
  if (!files)
    return [
      { look: "Whether callers get a client that tries again, and may repeat a write: only the template is known." },
    ];
  const contract = contractIn(files);
  if (!contract) return [];
  const found: Found = [...files.keys()].some((file) => file.startsWith("client/"))
    ? []
    : [
        {
          at: { file: contract.file, line: 1 },
          message: "There is no client/ for callers: each writes timeouts and retries anew.",
        },
      ];
  const writes = contract.operations.filter(({ name }) => WRITES.test(name)).map(({ name }) => name);
  const source = [...files].filter(([file]) => file.startsWith("src/")).map(([, text]) => text);
  if (writes.length === 0 || source.some((text) => /idempoten/i.test(text))) return found;
  const message = `${writes.join(", ")} can't be repeated safely: nothing in src/ knows an idempotency key.`;
  return [...found, { at: { file: contract.file, line: 1 }, message }];
}

/**
 * Its parts in the template and the repository. That the client sets a timeout and tries again with backoff and jitter, and
 * that a write which is repeated happens once, is for their tests to show.
 * https://docs.aws.amazon.com/wellarchitected/latest/framework/rel_mitigate_interaction_failure_client_timeouts.html
 * https://docs.aws.amazon.com/wellarchitected/latest/framework/rel_prevent_interaction_failure_idempotent.html
 */
export const callersRetry: Rule = {
  id: "REL-4",
  pillar: "reliability",
  title: "A caller can wait, try again and repeat a write, and no caller uses up what all share",
  reason:
    "A request that fails on its way may have been done or not, so that its caller has to ask again, and not all callers at once. A function that outlasts its API works for nobody.",
  effect: "warn",
  check(subject) {
    const asked = subject.items("AWS::Lambda::Permission").flatMap(({ properties }) => {
      if (!textOf(properties.Principal)?.startsWith("apigateway.")) return [];
      return invokedBy(subject, properties.FunctionName)?.function ?? [];
    });
    const stages = ["AWS::ApiGatewayV2::Stage", "AWS::ApiGateway::Stage"].flatMap((type) => subject.items(type));
    const judges = [
      ...[...new Set(asked)].map((item) => () => judgeTimeout(item)),
      ...stages
        .filter(({ properties }) => memberOf(properties, "ApiId") !== undefined || properties.RestApiId !== undefined)
        .map((item) => () => judgeStage(item)),
    ];
    if (judges.length === 0) return { kind: "not-applicable" };
    return verdictOf([...judges, () => judgeContract(subject)], (judge) => judge());
  },
};
