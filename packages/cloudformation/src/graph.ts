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
    const used = [resource.properties, resource.updatePolicy ?? {}].flatMap((value) => referencesIn(value));
    const named = [...resource.dependsOn, ...used.map((reference) => reference.name)];
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
  // Not deeper than the 500 resources that a template may have.
  const visit = (id: string) => {
    if (seen.has(id)) return;
    seen.add(id);
    for (const need of graph.get(id) ?? []) visit(need);
    ordered.push(id);
  };
  for (const id of graph.keys()) visit(id);
  return ordered;
}

/** The resources on cycles, and those between them: what is left when all others were taken away, from both ends. */
function cyclic(graph: DependencyGraph): string[] {
  const users = new Map([...graph.keys()].map((id) => [id, new Set<string>()]));
  for (const [id, needs] of graph) for (const need of needs) users.get(need)?.add(id);
  const left = new Set(graph.keys());
  const takeAway = (ahead: DependencyGraph, behind: DependencyGraph) => {
    const remaining = (id: string) => [...(ahead.get(id) ?? [])].filter((other) => left.has(other)).length;
    const counts = new Map([...left].map((id) => [id, remaining(id)]));
    const free = [...left].filter((id) => counts.get(id) === 0);
    for (const id of free) {
      left.delete(id);
      for (const other of behind.get(id) ?? []) {
        const count = (counts.get(other) ?? 0) - 1;
        counts.set(other, count);
        if (count === 0) free.push(other);
      }
    }
  };
  takeAway(graph, users);
  takeAway(users, graph);
  return [...left];
}
