import { describe, expect, it } from "vitest";
import { treeOf } from "./file-tree.ts";

describe("a file tree", () => {
  it("puts folders before files, each by name", () => {
    const tree = treeOf(["template.yaml", "src/handler.ts", "README.md", "config/dev.json", "src/api/orders.ts"]);
    expect(tree.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      "folder config",
      "folder src",
      "file README.md",
      "file template.yaml",
    ]);
    expect(tree[1]?.kind === "folder" && tree[1].children.map(({ path }) => path)).toEqual([
      "src/api",
      "src/handler.ts",
    ]);
  });

  it("keeps a folder that holds one file a folder", () => {
    expect(treeOf(["a/b"])[0]).toMatchObject({ kind: "folder", children: [{ kind: "file", path: "a/b" }] });
  });
});
