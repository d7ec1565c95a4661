import type { ScorecardPoint } from "@turnpike/domain/scorecards";
import { absoluteTime } from "@turnpike/ui";

const HEIGHT = 40;
const WIDTH = 8;
const GAP = 2;

/** What blocked and what warned at each commit that was judged, the latest right. */
export function Trend({ history }: { history: readonly ScorecardPoint[] }) {
  const most = Math.max(1, ...history.map(({ standing }) => standing.block + standing.warn));
  const words = history.map(({ standing }) => standing.block + standing.warn).join(", ");
  return (
    <svg
      role="img"
      aria-label={`Rules to mend at the last ${history.length} commits: ${words}`}
      width={history.length * (WIDTH + GAP)}
      height={HEIGHT}
      className="max-w-full"
    >
      {history.map(({ commit, judgedAt, standing }, index) => {
        const block = (standing.block / most) * (HEIGHT - 2);
        const warn = (standing.warn / most) * (HEIGHT - 2);
        return (
          <g key={commit} transform={`translate(${index * (WIDTH + GAP)} 0)`}>
            <title>{`${commit.slice(0, 7)}, ${absoluteTime(judgedAt)}: ${standing.block} block, ${standing.warn} warn`}</title>
            <rect y={HEIGHT - 2} width={WIDTH} height={2} className="fill-healthy" />
            <rect y={HEIGHT - 2 - warn} width={WIDTH} height={warn} className="fill-attention" />
            <rect y={HEIGHT - 2 - warn - block} width={WIDTH} height={block} className="fill-failing" />
          </g>
        );
      })}
    </svg>
  );
}
