"use client";

import type { Preview, PreviewFile } from "@turnpike/domain/scaffolding";
import { CodeView, EmptyState, Notice, ScrollRegion, SkeletonRows, sizeWords, Tabs } from "@turnpike/ui";
import { clsx } from "clsx";
import { File, Folder } from "lucide-react";
import { useState } from "react";
import { partsOf } from "../frame/parts-of.ts";
import { type TreeNode, treeOf } from "./file-tree.ts";
import { StandardsPane, standingOf } from "./standards-pane.tsx";
import type { PreviewState } from "./use-preview.ts";

export type Rendered = Extract<Preview, { kind: "rendered" }>;

/** What the answers lead to: every file, and everything that would be made. */
export function PreviewPane({ state, rendered }: { state: PreviewState; rendered: Rendered | undefined }) {
  const [tab, setTab] = useState("files");
  const [chosen, setChosen] = useState<string>();
  if (state.kind === "failed") {
    const { happened, rest } = partsOf(state.message);
    return (
      <Notice state="failing" title={happened} className="m-4">
        {rest}
      </Notice>
    );
  }
  if (!rendered) {
    if (state.kind === "loading") return <SkeletonRows rows={8} label="Rendering the preview" />;
    return (
      <EmptyState title="The files appear here">
        Give the service a name and a team, and every file that would be in its repository is shown as it would be,
        before anything exists.
      </EmptyState>
    );
  }
  const file = rendered.files.find(({ path }) => path === chosen) ?? firstOf(rendered.files);
  return (
    <Tabs
      label="Preview"
      value={tab}
      onChange={setTab}
      className="h-full"
      tabs={[
        {
          value: "files",
          label: `Files (${rendered.files.length})`,
          content: (
            <div className="grid h-full min-h-0 md:grid-cols-[15rem_minmax(0,1fr)]">
              <ScrollRegion
                label="Files"
                className="max-h-48 overflow-auto border-line border-b p-2 focus-visible:-outline-offset-2 md:max-h-none md:border-r md:border-b-0"
              >
                <Tree nodes={treeOf(rendered.files.map(({ path }) => path))} chosen={file?.path} onChoose={setChosen} />
              </ScrollRegion>
              {file && <FileView file={file} />}
            </div>
          ),
        },
        {
          value: "standards",
          label: `Standards${standingOf(rendered.standards)}`,
          content: (
            <StandardsPane
              rules={rendered.standards}
              onOpen={(path) => {
                setChosen(path);
                setTab("files");
              }}
            />
          ),
        },
        {
          value: "creates",
          label: "What will be created",
          content: (
            <ul className="flex list-disc flex-col gap-2 p-4 pl-8">
              {rendered.creates.map((line) => (
                <li key={line} className="break-words">
                  {line}
                </li>
              ))}
            </ul>
          ),
        },
      ]}
    />
  );
}

/** The file that tells most about a service, when nobody has chosen one. */
function firstOf(files: readonly PreviewFile[]): PreviewFile | undefined {
  return (
    files.find(({ path }) => path === "README.md") ?? files.find(({ path }) => path === "template.yaml") ?? files[0]
  );
}

function FileView({ file }: { file: PreviewFile }) {
  if (file.text === undefined) {
    return <EmptyState title={file.path}>Not text; {sizeWords(file.sizeBytes)}.</EmptyState>;
  }
  return <CodeView path={file.path} text={file.text} className="h-96 md:h-full" />;
}

function Tree({
  nodes,
  chosen,
  onChoose,
}: {
  nodes: readonly TreeNode[];
  chosen: string | undefined;
  onChoose: (path: string) => void;
}) {
  return (
    <ul className="flex flex-col">
      {nodes.map((node) =>
        node.kind === "folder" ? (
          <li key={node.path}>
            <details open>
              <summary className="flex h-8 list-none items-center gap-2 rounded-mark px-2 font-mono text-sm hover:bg-hover">
                <Folder size={14} aria-hidden className="shrink-0 text-muted" />
                <span className="truncate">{node.name}</span>
              </summary>
              <div className="pl-4">
                <Tree nodes={node.children} chosen={chosen} onChoose={onChoose} />
              </div>
            </details>
          </li>
        ) : (
          <li key={node.path}>
            <button
              type="button"
              aria-current={node.path === chosen ? "true" : undefined}
              onClick={() => onChoose(node.path)}
              className={clsx(
                "flex h-8 w-full items-center gap-2 rounded-mark px-2 text-left font-mono text-sm",
                node.path === chosen ? "bg-accent-soft text-accent" : "hover:bg-hover",
              )}
            >
              <File size={14} aria-hidden className="shrink-0 text-muted" />
              <span className="truncate">{node.name}</span>
            </button>
          </li>
        ),
      )}
    </ul>
  );
}
