import { expect, test } from "vitest";
import { platformFiles } from "../../test/samples.ts";
import { isDocumentPath, parseDocument } from "./parse-document.ts";

const team = (lines: readonly string[]) =>
  ["apiVersion: turnpike.dev/v1", "kind: Team", "metadata:", "  name: payments", "spec:", ...lines].join("\n");

function problemsOf(path: string, text: string) {
  const parsed = parseDocument(path, text);
  return parsed.kind === "invalid" ? parsed.problems : [];
}

test("every document of a well-formed repository is valid", () => {
  for (const [path, text] of Object.entries(platformFiles)) expect(problemsOf(path, text)).toEqual([]);
});

test("a value that is wrong is named with its file, its line and its place in the document", () => {
  const text = team([
    "  title: Payments",
    "  members:",
    "    - email: a@example.com",
    "      github: a",
    "      role: emperor",
  ]);
  expect(problemsOf("teams/payments.yaml", text)).toMatchObject([
    { path: "teams/payments.yaml", line: 10, message: expect.stringContaining("spec.members.0.role") },
  ]);
});

test("a value that is missing is reported on the line of what should hold it", () => {
  const text = team(["  title: Payments", "  members:", "    - email: a@example.com", "      role: viewer"]);
  expect(problemsOf("teams/payments.yaml", text)).toMatchObject([
    { line: 8, message: expect.stringContaining("spec.members.0.github") },
  ]);
});

test("every problem of a document is reported, not only its first", () => {
  const text = team(["  title: 1", "  members: none"]);
  expect(problemsOf("teams/payments.yaml", text).map(({ line }) => line)).toEqual([6, 7]);
});

test("what isn't YAML is a problem on the line where it stops being YAML", () => {
  const problems = problemsOf("teams/payments.yaml", team(["  title: Payments", "  title: again", "  members: []"]));
  expect(problems).toMatchObject([{ line: 7, message: expect.stringContaining("unique") }]);
});

test("a document whose name isn't its file's is invalid, on the line of the name", () => {
  const text = team(["  title: Payments", "  members: []"]);
  expect(problemsOf("teams/other.yaml", text)).toMatchObject([
    { line: 4, message: "metadata.name is payments, and the file's name says other." },
  ]);
});

test("a member that Turnpike doesn't know is a problem, not ignored", () => {
  const text = team(["  title: Payments", "  members: []", "  admins: []"]);
  expect(problemsOf("teams/payments.yaml", text)[0]?.message).toContain("admins");
});

test("an empty file, a list and two documents in one file are problems", () => {
  for (const text of ["", "- a\n", "a: 1\n---\nb: 2\n"]) {
    expect(problemsOf("teams/payments.yaml", text), JSON.stringify(text)).not.toEqual([]);
  }
});

test("an alias in a document is a problem of that document, not an error", () => {
  const text = team(["  title: &t Payments", "  members:", "    - email: *t"]);
  expect(problemsOf("teams/payments.yaml", text)).not.toEqual([]);
});

test("folders that Turnpike doesn't know are nobody's documents", () => {
  for (const path of ["README.md", "docs/a.yaml", "teams/a/b.yaml", "teams/a.yml", "x/teams/a.yaml"]) {
    expect(isDocumentPath(path), path).toBe(false);
  }
  for (const path of ["platform.yaml", "teams/a.yaml", "releases/orders/prod.yaml"]) {
    expect(isDocumentPath(path), path).toBe(true);
  }
});

test("a character that no database takes is a problem on its line, and doesn't hold up the other documents", () => {
  const members = ["  members:", "    - email: a@example.com", "      github: a", "      role: viewer"];
  for (const title of ['"a\\0b"', '"\\ud800"']) {
    expect(problemsOf("teams/payments.yaml", team([`  title: ${title}`, ...members]))).toMatchObject([
      { line: 6, message: expect.stringContaining("spec.title") },
    ]);
  }
});
