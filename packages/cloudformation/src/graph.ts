import { referencesIn } from "./intrinsics.ts";
import { findingsOf, type Template } from "./template.ts";

/** What each resource must wait for: resources it refers to, and those it names in `DependsOn`. */
export type DependencyGraph = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The dependency graph of the resources for which `isActive` holds (all, when it is left out). Raises `TemplateError`
 * when resources wait for each other.
 */
export function dependencyGraph(
  template: Template,
  isActive: (logicalId: string) => boolean = () => true,
): DependencyGraph {
  const graph = new Map<string, Set<string>>();
  for (const [id, resource] of template.resources) {
    if (!isActive(id)) continue;
    const needs = new Set<string>();
    const named = [...resource.dependsOn, ...referencesIn(resource.properties).map((reference) => reference.name)];
    for (const name of named) if (name !== id && template.resources.has(name) && isActive(name)) needs.add(name);
    graph.set(id, needs);
  }
  const stuck = cyclic(graph);
  if (stuck.length > 0) {
    const findings = findingsOf(template.positionOf);
    for (const id of stuck) {
      findings.add(["Resources", id], `Circular dependency between resources: [${stuck.join(", ")}]`);
    }
    findings.raise();
  }
  return graph;
}

/** Logical ids so that each comes after all that it needs; what doesn't depend on each other keeps its order. */
export function inOrder(graph: DependencyGraph): string[] {
  const ordered: string[] = [];
  const seen = new Set<string>();
  const visit = (id: string) => {
    if (seen.has(id)) return;
    seen.add(id);
    for (const need of graph.get(id) ?? []) visit(need);
    ordered.push(id);
  };
  for (const id of graph.keys()) visit(id);
  return ordered;
}

/** The resources on cycles, and those between them: what is left when all others were taken away. */
function cyclic(graph: DependencyGraph): string[] {
  const left = new Map([...graph].map(([id, needs]) => [id, new Set(needs)]));
  const takeAway = (isFree: (id: string, needs: ReadonlySet<string>) => boolean) => {
    for (let removed = true; removed; ) {
      removed = false;
      for (const [id, needs] of left) {
        if (!isFree(id, needs)) continue;
        left.delete(id);
        for (const others of left.values()) others.delete(id);
        removed = true;
      }
    }
  };
  takeAway((_id, needs) => needs.size === 0);
  takeAway((id) => ![...left.values()].some((needs) => needs.has(id)));
  return [...left.keys()];
}
