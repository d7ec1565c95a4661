import type { Scorecard } from "@turnpike/domain/scorecards";
import type { FindingView, RuleView } from "@turnpike/domain/standards";
import { Card, CardHeader, EmptyState, Hash, Notice, RelativeTime } from "@turnpike/ui";
import { FixButton } from "./fix-button.tsx";
import { pillarWords } from "./outcomes.ts";
import { RuleList } from "./rule-list.tsx";
import { StandingBar, StandingCounts } from "./standing-bar.tsx";
import { Trend } from "./trend.tsx";

/** How a repository stands to the platform's standards: the sum, each pillar, how it went, and each rule. */
export function ScorecardView({ scorecard, githubUrl }: { scorecard: Scorecard; githubUrl: string }) {
  const { name, repository, commit, judgedAt, problem, rules, standing, pillars, history, fixes, mayFix } = scorecard;
  if (!judgedAt) {
    return (
      <Card>
        <EmptyState title="Not judged yet">
          Turnpike reads {repository} and judges it by the standards within a minute of its first commit.
        </EmptyState>
      </Card>
    );
  }
  if (problem !== undefined || !commit) {
    return (
      <Notice state="unknown" title="It can't be judged">
        <p className="break-words">{problem}</p>
        <p>
          Looked at <RelativeTime at={judgedAt} />. It is looked at again after each push.
        </p>
      </Notice>
    );
  }
  const place = ({ file, line }: FindingView) => (
    <a className="prose-link break-all font-mono" href={`${githubUrl}/${repository}/blob/${commit}/${file}#L${line}`}>
      {file}:{line}
    </a>
  );
  const action = ({ id, outcome, findings }: RuleView) => {
    const fix = fixes.find((each) => each.rule === id && each.base === commit);
    const isOpen = (outcome === "block" || outcome === "warn") && findings.some((each) => each.fix !== undefined);
    return isOpen && (mayFix || fix) ? <FixButton name={name} rule={id} fix={fix} /> : null;
  };
  return (
    <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_20rem]">
      <Card aria-labelledby="rules" className="order-2 xl:order-1">
        <CardHeader id="rules" title="Rules" count={`${standing.pass} of ${rules.length} that apply are kept`} />
        <RuleList rules={rules} place={place} action={action} />
      </Card>
      <div className="order-1 flex flex-col gap-5 xl:sticky xl:top-20 xl:order-2">
        <Card aria-labelledby="standing">
          <CardHeader id="standing" title="Standing" />
          <div className="flex flex-col gap-3 p-4">
            <StandingBar standing={standing} className="h-2" />
            <StandingCounts standing={standing} />
            <p className="flex flex-wrap items-center gap-x-1 text-muted text-sm">
              <Hash value={commit} label="judged commit" /> judged <RelativeTime at={judgedAt} />
            </p>
          </div>
        </Card>
        <Card aria-labelledby="pillars">
          <CardHeader id="pillars" title="Pillars" />
          <ul className="flex flex-col gap-3 p-4">
            {pillars.map(({ pillar, ...each }) => (
              <li key={pillar} className="flex flex-col gap-1">
                <span className="flex justify-between gap-2 text-sm">
                  <span>{pillarWords[pillar] ?? pillar}</span>
                  <span className="text-muted tabular-nums">
                    {each.block + each.warn > 0 ? `${each.block + each.warn} to mend` : "Kept"}
                  </span>
                </span>
                <StandingBar standing={each} />
              </li>
            ))}
          </ul>
        </Card>
        <Card aria-labelledby="trend">
          <CardHeader id="trend" title="Over commits" count={history.length} />
          <div className="p-4">
            <Trend history={history} />
          </div>
        </Card>
      </div>
    </div>
  );
}
