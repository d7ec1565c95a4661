import { attributeTarget, SUPPORTED_FUNCTIONS, subArguments } from "./intrinsics.ts";
import { isObject, type Json, type Path } from "./json.ts";
import type { FindingList } from "./template.ts";

/** Finds what is wrong with a function before it is worked out: an unknown name, malformed arguments. */
export function checkFunction(name: string, argument: Json, path: Path, findings: FindingList): void {
  const complaint = SUPPORTED_FUNCTIONS.has(name) ? complaintAbout(name, argument) : `${name} isn't supported.`;
  if (complaint) findings.add([...path, name], complaint);
}

function complaintAbout(name: string, argument: Json): string | undefined {
  const items = Array.isArray(argument) ? argument.length : -1;
  const unless = (isRight: boolean, message: string) => (isRight ? undefined : `Template error: ${message}`);
  switch (name) {
    case "Ref":
    case "Condition":
      return unless(typeof argument === "string" && argument !== "", `every ${name} must be a string.`);
    case "Fn::GetAtt": {
      const isRight = attributeTarget(argument)?.every((part) => part !== "") ?? false;
      return unless(
        isRight,
        "every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
      );
    }
    case "Fn::Sub":
      return unless(
        typeof argument === "string" || (items === 2 && isObject(subArguments(argument)[1])),
        "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string",
      );
    case "Fn::If":
      return unless(items === 3, "Fn::If requires a list argument with three elements");
    case "Fn::Join":
      return unless(
        items === 2,
        "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
      );
    case "Fn::Split":
      return unless(
        items === 2,
        "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.",
      );
    case "Fn::Select":
      return unless(items === 2, "Fn::Select requires a list argument with two elements: an integer index and a list");
    case "Fn::FindInMap":
      return unless(
        items === 3,
        "every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value",
      );
    case "Fn::Cidr":
      return unless(
        items === 3,
        "every Fn::Cidr object requires three parameters, (1) the IP block, (2) the count and (3) the number of subnet bits.",
      );
    case "Fn::Equals":
      return unless(items === 2, "every Fn::Equals object requires a list of 2 string parameters.");
    case "Fn::Not":
      return unless(items === 1, "every Fn::Not object requires one boolean parameter.");
    case "Fn::And":
    case "Fn::Or":
      return unless(
        items >= 2 && items <= 10,
        `every ${name} object requires a list of at least 2 and at most 10 boolean parameters.`,
      );
    default:
      return undefined;
  }
}
