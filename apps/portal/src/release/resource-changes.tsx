import type { ResourceChange } from "@turnpike/domain/releases";
import { Badge, EmptyState, type State, StateIcon } from "@turnpike/ui";
import { isDestructive } from "../present/verdict.ts";

const verbs: Record<ResourceChange["action"], string> = {
  add: "Add",
  modify: "Modify",
  remove: "Remove",
  import: "Import",
  dynamic: "Decided at deployment",
};

const replacements: Record<ResourceChange["replacement"], string | undefined> = {
  never: undefined,
  conditional: "May be replaced",
  always: "Is replaced",
};

function stateOf(change: ResourceChange): State {
  if (isDestructive(change)) return change.replacement === "conditional" ? "attention" : "failing";
  return change.action === "add" ? "healthy" : "in-progress";
}

const marks: Record<ResourceChange["action"], string> = {
  add: "+",
  modify: "~",
  remove: "−",
  import: "↓",
  dynamic: "?",
};

/** The change set: every resource with what happens to it, and each property with its values. */
export function ResourceChanges({ changes }: { changes: readonly ResourceChange[] }) {
  if (changes.length === 0) {
    return <EmptyState title="No resource changes">The code alone may still be another: see the artifact.</EmptyState>;
  }
  return (
    <ul className="divide-y divide-line">
      {changes.map((change) => (
        <li key={change.logicalId} className="flex flex-col gap-2 px-4 py-3">
          <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
            {isDestructive(change) ? (
              <StateIcon state={stateOf(change)} label="" />
            ) : (
              <span aria-hidden className="w-4 text-center font-mono font-semibold text-muted">
                {marks[change.action]}
              </span>
            )}
            <span className="font-medium">{verbs[change.action]}</span>
            <span className="min-w-0 break-all font-mono text-sm">{change.logicalId}</span>
            <span className="text-muted text-sm">{change.type}</span>
            {change.action !== "add" && replacements[change.replacement] && (
              <Badge className="text-attention">{replacements[change.replacement]}</Badge>
            )}
          </div>
          {change.physicalId && <p className="break-all pl-7 font-mono text-muted text-xs">{change.physicalId}</p>}
          {change.properties.length > 0 && (
            <ul className="flex flex-col gap-2 pl-7 text-sm">
              {change.properties.map((property) => (
                <li key={property.path} className="min-w-0">
                  <p className="break-all font-mono">{property.path}</p>
                  {property.before !== undefined && (
                    <p className="break-all font-mono text-failing">
                      <span aria-hidden>− </span>
                      <span className="sr-only">before: </span>
                      {property.before}
                    </p>
                  )}
                  {property.after !== undefined && (
                    <p className="break-all font-mono text-healthy">
                      <span aria-hidden>+ </span>
                      <span className="sr-only">after: </span>
                      {property.after}
                    </p>
                  )}
                </li>
              ))}
            </ul>
          )}
        </li>
      ))}
    </ul>
  );
}
