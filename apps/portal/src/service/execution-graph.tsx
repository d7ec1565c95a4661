import type { ActionView, ExecutionView } from "@turnpike/domain/pipelines";
import { PipelineGraph } from "@turnpike/ui";
import { StayLink } from "../frame/stay-link.tsx";
import { actionKinds, runs } from "../present/states.ts";

/** `Build/Verify`: how an action is named in an address. */
export function actionKey(stage: string, action: ActionView): string {
  return `${stage}/${action.name}`;
}

/** The graph of one execution; each action links to its log. */
export function ExecutionGraph({ execution, selected }: { execution: ExecutionView; selected?: string | undefined }) {
  const href = (key: string) =>
    `/services/${execution.service}/pipeline?${new URLSearchParams({ execution: execution.id, action: key })}`;
  return (
    <PipelineGraph
      link={StayLink}
      stages={execution.stages.map((stage) => ({
        name: stage.name,
        ...runs[stage.status],
        groups: stage.groups.map((group) =>
          group.map((action) => {
            const key = actionKey(stage.name, action);
            return {
              name: action.name,
              ...runs[action.status],
              kind: actionKinds[action.kind],
              href: href(key),
              selected: key === selected,
              measured: action.kind !== "approval",
              startedAt: action.startedAt,
              endedAt: action.endedAt,
              summary: action.summary,
            };
          }),
        ),
      }))}
    />
  );
}
