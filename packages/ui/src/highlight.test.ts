import { describe, expect, it } from "vitest";
import { highlight } from "./highlight.ts";

const join = (path: string, text: string) =>
  highlight(path, text)
    .map((line) => line.map((token) => token.text).join(""))
    .join("\n");

describe("highlighting", () => {
  it("loses no character of the file, whatever it holds", () => {
    const nasty = ["const a = `x $`", "// <script>alert(1)</script>", '"unclosed', "/* unclosed"].join("\n");
    for (const path of ["a.ts", "a.json", "a.yaml", "run.sh", "README.md", "LICENSE", ".gitignore"]) {
      expect(join(path, nasty)).toBe(nasty);
    }
  });

  it("tells a key of JSON from a value", () => {
    const [line] = highlight("package.json", '"name": "orders"');
    expect(line?.map(({ kind }) => kind)).toEqual(["name", "plain", "string"]);
  });

  it("keeps a comment that spans lines a comment on each of them", () => {
    expect(highlight("a.ts", "/* one\ntwo */ let x").map((line) => line[0]?.kind)).toEqual(["comment", "comment"]);
  });

  it("reads a script without an ending as shell when its first line says so", () => {
    expect(highlight("script/test", "#!/bin/sh\nset -e")[1]?.[0]?.kind).toBe("keyword");
  });

  it("stays linear on a large file", () => {
    const large = '{"a": [1, 2, "three"]}\n'.repeat(8000);
    const started = performance.now();
    highlight("package-lock.json", large);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
