import type { Doubt, Rule, Violation } from "../rule.ts";
import { vulnerabilitiesOf } from "../supply/advisories.ts";
import { type Component, inventoryOf } from "../supply/components.ts";
import { problemOfLicence } from "../supply/licences.ts";

const nameOf = ({ name, version }: Component) => `${name} ${version}`;

const place = ({ file, line }: { file: string; line: number }) => ({ file, line });

/** Python's and Go's lockfiles say nothing of licences. */
const saysLicences = ({ ecosystem }: Component) => ecosystem === "npm";

/**
 * Its part in the repository: what its lockfiles name. That the bill of materials of what was built is kept is the
 * pipeline's. https://cyclonedx.org/specification/overview/
 */
export const knownSupply: Rule = {
  id: "OPS-10",
  pillar: "operations",
  title: "What is shipped is known, licensed, and free of known holes",
  reason:
    "Most of what runs was written by others, and a hole in it is public from the day on which it is found. Only who knows what is shipped, at which version, can say within minutes whether they are hit.",
  effect: "warn",
  check({ files, delivery }) {
    if (!files) return { kind: "not-decided", look: "What is shipped: only the template is known." };
    const { components, unpinned, unread } = inventoryOf(files);
    if (components.length + unpinned.length + unread.length === 0) return { kind: "not-applicable" };
    const loose = unpinned.map(
      (each): Violation => ({ at: place(each), message: `The version of ${each.name} isn't fixed.` }),
    );
    const licences = components.filter(saysLicences).flatMap((component): Violation[] => {
      const problem = problemOfLicence(component.licence);
      return problem ? [{ at: place(component), message: `${nameOf(component)} ${problem}.` }] : [];
    });
    const known = delivery?.advisories && vulnerabilitiesOf(components, delivery.advisories);
    const holes = (known ?? []).map(({ component, id, summary, severity, fixed }): Violation => {
      const what = [severity?.toLowerCase(), summary].filter(Boolean).join(": ");
      const way = fixed ? ` It is mended in ${fixed}.` : " No version without it is known.";
      return { at: place(component), message: `${nameOf(component)} has ${id}${what ? ` (${what})` : ""}.${way}` };
    });
    const violations = [...holes, ...licences, ...loose];
    if (violations.length > 0) return { kind: "fail", violations };
    const doubts: Doubt[] = unread.map((file) => ({ look: `What ${file} ships: it isn't read here.` }));
    if (!known && components.length > 0) {
      doubts.push({
        look: `Whether any of its ${components.length} dependencies has a known hole: no advisories are known here.`,
      });
    }
    if (doubts.length === 0) return { kind: "pass" };
    return { kind: "not-decided", look: doubts.map(({ look }) => look).join(" ") };
  },
};
