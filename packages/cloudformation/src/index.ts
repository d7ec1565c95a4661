export {
  type ChangeDetail,
  type ChangeScope,
  changesBetween,
  type DeployedResource,
  type DeployedStack,
  type ResourceChange,
  type StackState,
} from "./changes.ts";
export { isCreateOnly } from "./create-only.ts";
export { editTemplate, type TemplateEdit } from "./edit.ts";
export { describeFinding, type Finding, type Position, TemplateError } from "./errors.ts";
export {
  createEvaluator,
  type Evaluator,
  KNOWN_AFTER_APPLY,
  type OutputValue,
  type PseudoParameters,
  type ResourceValues,
} from "./evaluate.ts";
export { expandTemplate } from "./expand.ts";
export { type DependencyGraph, dependencyGraph, inOrder } from "./graph.ts";
export { intrinsicOf, type Reference, referencesIn, visitIntrinsics } from "./intrinsics.ts";
export { canonical, isEqual, isObject, type Json, type JsonObject, type Path } from "./json.ts";
export { parameterSection, parameterValues } from "./parameters.ts";
export { parseTemplate } from "./parse.ts";
export {
  type DeletionPolicy,
  type Output,
  type Parameter,
  type Resource,
  SERVERLESS_TRANSFORM,
  type Template,
  templateBody,
} from "./template.ts";
