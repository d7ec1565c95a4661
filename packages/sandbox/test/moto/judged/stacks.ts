import { type Judged, page } from "./row.ts";

const cfn = (name: string) => page("AWSCloudFormation/latest", name);

export const stacks: readonly Judged[] = [
  {
    scenario: "cloudformation",
    operation: "ValidateTemplate",
    differs: ['$refused: answered / "ValidationError" 400'],
    sandbox: "reads a template in JSON, and names its parameters",
    moto: "refuses it",
    judge: "sandbox",
    source: cfn("APIReference/API_ValidateTemplate"),
  },
  {
    scenario: "cloudformation",
    operation: "GetTemplateSummary",
    differs: ['$refused: answered / "Error" 500'],
    sandbox: "a summary",
    moto: "fails",
    judge: "sandbox",
    source: cfn("APIReference/API_GetTemplateSummary"),
  },
  {
    scenario: "cloudformation",
    operation: "UpdateStack",
    differs: ['$refused: "ValidationError" 400 / answered'],
    sandbox: "refuses an update that changes nothing",
    moto: "takes it",
    judge: "sandbox",
    source: cfn("UserGuide/troubleshooting"),
  },
  {
    scenario: "cloudformation",
    operation: "DescribeChangeSet",
    differs: ['$refused: "ChangeSetNotFoundException" 404 / "ValidationError" 400'],
    sandbox: "ChangeSetNotFound, 404",
    moto: "ValidationError, 400",
    judge: "sandbox",
    source: cfn("APIReference/API_DescribeChangeSet"),
  },
  {
    scenario: "cloudformation",
    operation: "ExecuteChangeSet",
    differs: ['$refused: answered / "QueueAlreadyExists" 400'],
    sandbox: "changes what the change set changes",
    moto: "makes the queue again, which exists",
    judge: "sandbox",
    source: cfn("APIReference/API_ExecuteChangeSet"),
  },
  {
    scenario: "cloudformation",
    operation: "CreateStack",
    differs: [
      '$refused: "ValidationError" 400 / answered',
      '$refused: "ValidationError" 400 / "AlreadyExistsException" 400',
    ],
    sandbox: "refuses a template without resources",
    moto: "makes a stack of nothing, and then refuses another of its name",
    judge: "sandbox",
    source: cfn("UserGuide/resources-section-structure"),
  },
];
