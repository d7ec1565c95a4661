import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { breakingChanges } from "./contract-changes.ts";

const BEFORE = `openapi: 3.1.0
info: { title: orders, version: 1.4.0 }
security: []
paths:
  /orders/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get:
      parameters:
        - { name: lines, in: query, schema: { type: integer, maximum: 100 } }
      responses:
        "200": { content: { application/json: { schema: { $ref: "#/components/schemas/Order" } } } }
        "404": { description: None }
    put:
      requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/Order" } } } }
      responses: { "204": { description: Done } }
components:
  schemas:
    Order:
      type: object
      required: [id, state]
      properties:
        id: { type: string }
        state: { enum: [open, paid] }
        total: { type: number }
        note: { type: string, maxLength: 200 }
        parent: { $ref: "#/components/schemas/Order" }
        lines: { type: array, items: { type: object, properties: { sku: { type: string } } } }
`;

type Edit = (document: ReturnType<typeof parse>) => void;

/** What breaks when a caller's contract is edited, each as \`GET: It is gone.\` */
function after(edit: Edit): string[] | undefined {
  const document = parse(BEFORE);
  edit(document);
  return breakingChanges(BEFORE, stringify(document))?.map(
    ({ operation, message }) => `${operation.split(" ")[0]}: ${message}`,
  );
}

const at = (document: ReturnType<typeof parse>) => document.paths["/orders/{id}"];
const order = (document: ReturnType<typeof parse>) => document.components.schemas.Order;

describe("what breaks callers", () => {
  const breaking: [string, Edit, string[]][] = [
    ["an operation goes", (d) => delete at(d).put, ["PUT: It is gone."]],
    ["a path goes", (d) => delete d.paths["/orders/{id}"], ["GET: It is gone.", "PUT: It is gone."]],
    [
      "callers must say who they are",
      (d) => (at(d).get.security = [{ jwt: [] }]),
      ["GET: It asks callers who they are, and didn't before."],
    ],
    [
      "a new parameter is required",
      (d) => at(d).get.parameters.push({ name: "shop", in: "query", required: true }),
      ["GET: The parameter shop (query) is new, and required."],
    ],
    [
      "a parameter becomes required and stricter",
      (d) => Object.assign(at(d).get.parameters[0], { required: true, schema: { type: "integer", maximum: 50 } }),
      [
        "GET: The parameter lines (query) is required now.",
        "GET: The parameter lines (query) has a stricter maximum: 50.",
      ],
    ],
    ["a body becomes required", (d) => (at(d).put.requestBody.required = true), ["PUT: A body is required now."]],
    ["an answer goes", (d) => (at(d).put.responses = { "201": {} }), ["PUT: The answer 204 is gone."]],
    [
      "an answer has another type of content",
      (d) => (at(d).get.responses["200"].content = { "text/plain": {} }),
      ["GET: The answer 200 is no longer application/json."],
    ],
    ["a property is needed", (d) => order(d).required.push("total"), ["PUT: The body needs total now."]],
    ["a property may be lacking", (d) => (order(d).required = ["id"]), ["GET: The answer 200 may lack state now."]],
    [
      "a type changes, either way",
      (d) => (order(d).properties.total.type = "string"),
      ["GET: The answer 200, total may be string now.", "PUT: The body, total may not be number or integer any more."],
    ],
    [
      "a choice is added, which is answered, or goes, which was sent",
      (d) => (order(d).properties.state.enum = ["open", "void"]),
      ['GET: The answer 200, state may be "void" now.', 'PUT: The body, state may not be "paid" any more.'],
    ],
    [
      "what was taken is refused",
      (d) => {
        delete order(d).properties.note;
        order(d).additionalProperties = false;
      },
      ["PUT: The body may not hold note any more."],
    ],
    [
      "items of a list change",
      (d) => (order(d).properties.lines.items.required = ["sku"]),
      ["PUT: The body, lines, each item needs sku now."],
    ],
    [
      "it takes other forms",
      (d) => (order(d).properties.note = { oneOf: [{ type: "string" }, { type: "null" }] }),
      ["PUT: The body, note takes other forms."],
    ],
  ];
  test.each(breaking)("%s", (_name, edit, expected) => expect(after(edit)).toEqual(expected));
});

describe("what doesn't break callers", () => {
  const compatible: [string, Edit][] = [
    ["nothing", () => undefined],
    ["a new operation", (d) => (d.paths["/refunds"] = { get: { responses: {} } })],
    [
      "a parameter in the path has another name",
      (d) => {
        d.paths["/orders/{order}"] = { ...at(d), parameters: [{ name: "order", in: "path", required: true }] };
        delete d.paths["/orders/{id}"];
      },
    ],
    ["a new parameter that may be left out", (d) => at(d).get.parameters.push({ name: "shop", in: "query" })],
    ["a looser limit", (d) => delete at(d).get.parameters[0].schema.maximum],
    ["a new property", (d) => (order(d).properties.currency = { type: "string" })],
    ["another failure", (d) => delete at(d).get.responses["404"]],
    [
      "integers where numbers were answered",
      (d) => {
        at(d).get.responses["200"].content["application/json"].schema = {
          allOf: [{ $ref: "#/components/schemas/Order" }, { properties: { total: { type: "integer" } } }],
        };
      },
    ],
    [
      "all of it under a new major version",
      (d) => {
        d.info.version = "2.0.0";
        delete at(d).put;
      },
    ],
  ];
  test.each(compatible)("%s", (_name, edit) => expect(after(edit)).toEqual([]));
});

test("a text that is no contract is not compared", () => {
  for (const text of ["", "a: 1", "[", "openapi: 3.1.0", "a: &a [*a]"]) {
    expect(breakingChanges(BEFORE, text)).toBeUndefined();
    expect(breakingChanges(text, BEFORE)).toBeUndefined();
  }
});

test("a reference that leads nowhere, or in a circle, ends", () => {
  const loop = BEFORE.replace(
    "schemas:\n",
    'schemas:\n    A: { $ref: "#/components/schemas/B" }\n    B: { $ref: "#/components/schemas/A" }\n',
  ).replace("total: { type: number }", 'total: { $ref: "#/components/schemas/A" }');
  expect(breakingChanges(loop, loop)).toEqual([]);
  expect(breakingChanges(loop, loop.replaceAll("schemas/Order", "schemas/Nothing"))).toBeDefined();
});
