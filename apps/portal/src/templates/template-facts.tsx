import type { OfferedTemplate } from "@turnpike/domain/scaffolding";
import { StateMark } from "@turnpike/ui";

const dollars = new Intl.NumberFormat("en", { style: "currency", currency: "USD" });

/** How what a template makes stands, how fast it starts, and what it costs. */
export function TemplateFacts({ template: { standards, cost, figures } }: { template: OfferedTemplate }) {
  const broken = (standards ?? []).filter(({ outcome }) => outcome === "block" || outcome === "warn").length;
  const kept = (standards ?? []).filter(({ outcome }) => outcome === "pass").length;
  return (
    <div className="flex flex-col gap-2 text-sm">
      {standards ? (
        <StateMark
          state={broken > 0 ? "attention" : "healthy"}
          label={
            broken > 0 ? `${broken} of ${standards.length} rules to mend` : `${kept} of ${standards.length} rules kept`
          }
        />
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

function Fact({ name, value, title }: { name: string; value: string; title: string }) {
  return (
    <div className="flex flex-col" title={title}>
      <dt className="text-muted text-xs">{name}</dt>
      <dd className="tabular-nums">{value}</dd>
    </div>
  );
}
