/** A folder with what is in it, or a file. */
export type TreeNode =
  | { readonly kind: "folder"; readonly name: string; readonly path: string; readonly children: readonly TreeNode[] }
  | { readonly kind: "file"; readonly name: string; readonly path: string };

/** Paths as a tree: folders first, then files, each by name. */
export function treeOf(paths: readonly string[], parent = ""): TreeNode[] {
  const here = Map.groupBy(paths, (path) => path.slice(parent.length).split("/", 1)[0] ?? "");
  const nodes = [...here].map(([name, inside]): TreeNode => {
    const path = `${parent}${name}`;
    if (inside.length === 1 && inside[0] === path) return { kind: "file", name, path };
    return { kind: "folder", name, path, children: treeOf(inside, `${path}/`) };
  });
  return nodes.sort((a, b) => (a.kind === b.kind ? (a.name < b.name ? -1 : 1) : a.kind === "folder" ? -1 : 1));
}
