import { expect, test } from "vitest";
import { editTemplate, type TemplateEdit } from "./edit.ts";
import { parseTemplate } from "./parse.ts";

const block = `Resources:
  # The queue.
  Queue:
    Type: AWS::SQS::Queue # plain
    Properties:
      QueueName: orders   # by hand
      Tags:
        - { Key: a, Value: b }

  Topic:
    Type: AWS::SNS::Topic
  Fn: { Type: "AWS::Lambda::Function", Properties: { Handler: x } } # flow
Outputs:
  Url: { Value: !Ref Queue }
`;

const edit = (path: TemplateEdit["path"], value: TemplateEdit["value"], text = block) =>
  editTemplate(text, [{ path, value }]);

test("a property is added where its block ends, and nothing else changes", () => {
  const edited = edit(["Resources", "Queue", "Properties", "KmsMasterKeyId"], { Ref: "Key" });
  expect(edited).toBe(
    block.replace("- { Key: a, Value: b }\n", "- { Key: a, Value: b }\n      KmsMasterKeyId: !Ref Key\n"),
  );
});

test("what is missing on the way is made", () => {
  const edited = edit(["Resources", "Topic", "Properties", "Tags", 0], { Key: "team", Value: "payments" });
  expect(edited).toContain(
    "    Type: AWS::SNS::Topic\n    Properties:\n      Tags:\n        - Key: team\n          Value: payments\n  Fn:",
  );
});

test("a flow map stays one, on its line and before its comment", () => {
  const edited = edit(["Resources", "Fn", "Properties", "Role"], { "Fn::GetAtt": ["Role", "Arn"] });
  expect(edited).toContain("Properties: { Handler: x, Role: !GetAtt Role.Arn } } # flow\n");
});

test("a list gets one more, in the style that it has", () => {
  const path = ["Resources", "Queue", "Properties", "Tags", 1];
  expect(edit(path, "x")).toContain("        - { Key: a, Value: b }\n        - x\n\n  Topic:");
  expect(edit(["a", 2], 3, "a: [1, 2]\n")).toBe("a: [1, 2, 3]\n");
  expect(edit(["a", 0], 3, "a: []\n")).toBe("a: [3]\n");
});

test("a value is replaced, and the comment behind it stays", () => {
  expect(edit(["Resources", "Queue", "Properties", "QueueName"], { "Fn::Sub": "a-${AWS::StackName}" })).toContain(
    "QueueName: !Sub a-${AWS::StackName}   # by hand\n",
  );
  expect(edit(["Resources", "Queue", "Properties", "Tags"], [])).toContain("      Tags: []\n");
});

test("a value that an intrinsic makes is replaced with its tag", () => {
  expect(edit(["a"], { Ref: "B" }, "a: !If [X, !Ref B, !Ref AWS::NoValue] # by hand\n")).toBe("a: !Ref B # by hand\n");
  expect(edit(["a"], "b", "a: !If\n  - X\n  - 1\n  - 2\nc: d\n")).toBe("a: b\nc: d\n");
});

test("a template in JSON stays JSON", () => {
  const text = '{\n  "Resources": {\n    "Topic": { "Type": "AWS::SNS::Topic" }\n  }\n}\n';
  const edited = edit(["Resources", "Topic", "Properties", "TopicName"], { Ref: "Name" }, text);
  expect(JSON.parse(edited)).toEqual({
    Resources: { Topic: { Type: "AWS::SNS::Topic", Properties: { TopicName: { Ref: "Name" } } } },
  });
});

test("what was edited is a template with that value in it", () => {
  const edited = editTemplate(block, [
    { path: ["Resources", "Queue", "Properties", "RedrivePolicy"], value: { maxReceiveCount: 3 } },
    { path: ["Resources", "Dead"], value: { Type: "AWS::SQS::Queue" } },
    {
      path: ["Resources", "Queue", "Properties", "RedrivePolicy", "deadLetterTargetArn"],
      value: { "Fn::GetAtt": ["Dead", "Arn"] },
    },
  ]);
  const template = parseTemplate(edited);
  expect(template.resources.get("Queue")?.properties.RedrivePolicy).toEqual({
    maxReceiveCount: 3,
    deadLetterTargetArn: { "Fn::GetAtt": ["Dead", "Arn"] },
  });
  expect(template.resources.has("Dead")).toBe(true);
});

test("a path into an intrinsic, an alias or a list's name is refused, and says so", () => {
  const conditional = "A:\n  B: !If [C, { D: 1 }, { D: 2 }]\n";
  expect(() => edit(["A", "B", "D"], 1, conditional)).toThrow("Nothing can be written into !If.");
  expect(() => edit(["A", "B", "D"], 1, "X: &x { D: 1 }\nA: { B: *x }\n")).toThrow(/neither a map nor a list/);
  expect(() => edit(["a", "name"], 1, "a: [1]\n")).toThrow('A list has no member "name".');
});

test("a path through a text is refused", () => {
  expect(() => edit(["Resources", "Queue", "Type", "x"], 1)).toThrow(/neither a map nor a list/);
});
