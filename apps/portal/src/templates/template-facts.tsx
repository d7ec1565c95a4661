import type { OfferedTemplate } from "@turnpike/domain/scaffolding";
import type { RuleView } from "@turnpike/domain/standards";
import { StateMark } from "@turnpike/ui";

const dollars = new Intl.NumberFormat("en", { style: "currency", currency: "USD" });

/** How what a template makes stands, how fast it starts, and what it costs. */
export function TemplateFacts({ template: { standards, cost, figures } }: { template: OfferedTemplate }) {
  return (
    <div className="flex flex-col gap-2 text-sm">
      {standards ? (
        <Standing rules={standards} />
      ) : (
        <StateMark state="unknown" label="Not judged: it has no defaults" />
      )}
      {figures && (
        <dl className="grid grid-cols-3 gap-2 border-line border-t pt-3">
          <Fact
            name="Cold start"
            value={`${Math.round(figures.coldStartMs)} ms`}
            title={`Median of the initialisation, tracing on, in the sandbox on ${figures.measuredOn}`}
          />
          <Fact
            name="Idle"
            value={cost ? `${dollars.format(cost.idleUsdMonth)}/month` : "Not known"}
            title="In production with the template's own values, by list price, without free tiers"
          />
          <Fact
            name="1M requests"
            value={cost ? dollars.format(cost.millionUsd) : "Not known"}
            title={
              cost
                ? cost.lines.map(({ what, idle, million }) => `${what} ${dollars.format(idle + million)}`).join(", ")
                : ""
            }
          />
        </dl>
      )}
    </div>
  );
}

/** Green only where every rule that applies is kept: what isn't decided is said to be so. */
function Standing({ rules }: { rules: readonly RuleView[] }) {
  const count = (...outcomes: RuleView["outcome"][]) =>
    rules.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const broken = count("block", "warn");
  const open = count("not-decided");
  const kept = `${count("pass")} of ${rules.length} rules kept`;
  if (broken > 0) return <StateMark state="attention" label={`${kept}, ${broken} to mend`} />;
  return (
    <StateMark state={open > 0 ? "unknown" : "healthy"} label={open > 0 ? `${kept}, ${open} not decided` : kept} />
  );
}

function Fact({ name, value, title }: { name: string; value: string; title: string }) {
  return (
    <div className="flex flex-col" title={title}>
      <dt className="text-muted text-xs">{name}</dt>
      <dd className="tabular-nums">{value}</dd>
    </div>
  );
}
