import { describe, expect, it } from "vitest";
import { answerOf, defaultsOf, questionsOf } from "./schema.ts";

const section = {
  type: "object",
  required: ["memorySize"],
  properties: {
    memorySize: { type: "integer", title: "Memory", default: 256, minimum: 128, maximum: 10240 },
    tier: { enum: [1, 2], enumNames: ["Gold", "Silver"], default: 2 },
    notes: { type: "string", "ui:widget": "textarea", "ui:placeholder": "Why" },
    tracing: { type: "boolean", default: true },
    list: { type: "array" },
  },
};

describe("a template's form", () => {
  const questions = questionsOf(section);

  it("asks one question for each property, in the order of the schema", () => {
    expect(questions.map(({ key, kind }) => [key, kind])).toEqual([
      ["memorySize", "integer"],
      ["tier", "choice"],
      ["notes", "lines"],
      ["tracing", "yes-no"],
      ["list", "unknown"],
    ]);
  });

  it("begins with the defaults, and with nothing where there is none", () => {
    expect(defaultsOf([{ schema: section }])).toEqual({ memorySize: 256, tier: 2, tracing: true });
  });

  it("sends an answer in the schema's type, not as text", () => {
    const [memory, tier, notes] = questions;
    expect(memory && answerOf(memory, "512")).toBe(512);
    expect(tier && answerOf(tier, "1")).toBe(1);
    expect(notes && answerOf(notes, "")).toBeUndefined();
  });

  it("leaves what is no number for the server to refuse", () => {
    const [memory] = questions;
    expect(memory && answerOf(memory, "lots")).toBe("lots");
  });

  it("survives a section without properties", () => {
    expect(questionsOf({})).toEqual([]);
    expect(questionsOf({ properties: { odd: null } })).toEqual([]);
  });
});
