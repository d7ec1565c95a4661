import parse from "spdx-expression-parse";

/** Licences that ask of a service to publish its own source, or forbid to offer it. By the beginning of their SPDX id. */
const DENIED = ["AGPL-", "GPL-", "SSPL-", "BUSL-"];

type Expression = ReturnType<typeof parse>;

function isAllowed(expression: Expression): boolean {
  if ("conjunction" in expression) {
    const [left, right] = [isAllowed(expression.left), isAllowed(expression.right)];
    // Of a choice, the one that is allowed can be taken.
    return expression.conjunction === "or" ? left || right : left && right;
  }
  // An exception, such as that of the class path, is granted for just this use.
  return "exception" in expression || !DENIED.some((start) => expression.license.startsWith(start));
}

/** What is wrong with a licence, in words; undefined where nothing is. */
export function problemOfLicence(licence: string | undefined): string | undefined {
  if (licence === undefined || licence === "UNLICENSED") return "names no licence under which it may be used";
  try {
    return isAllowed(parse(licence)) ? undefined : `is under ${licence}, which a service can't be built on`;
  } catch {
    // Some text of its maker's own.
    return `says "${licence}" of its licence, which is no expression of SPDX`;
  }
}
