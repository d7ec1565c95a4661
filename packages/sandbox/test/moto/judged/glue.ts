import { type Judged, page } from "./row.ts";

const states = (operation: string) => page("step-functions/latest/apireference", `API_${operation}`);

export const glue: readonly Judged[] = [
  {
    scenario: "events",
    operation: "ReceiveMessage",
    differs: [
      'Messages[0].Body: "{\\"total\\":50}" / "{\\"detail\\":{\\"total\\":50},\\"detail-type\\":\\"placed\\",\\"id\\":\\"<uuid>\\",\\"region\\":\\"eu-west-1\\",\\"resources\\":[],\\"source\\":\\"orders\\",\\"time\\":\\"<time>\\",\\"version\\":\\"0\\"}"',
      /^Messages\[0\]\.MD5OfBody: "d09e9c2d055ced07be61f2c6f06b01d5" \/ "[0-9a-f]{32}"$/,
    ],
    sandbox: "the part that InputPath names",
    moto: "the whole event",
    judge: "sandbox",
    source: page("eventbridge/latest/APIReference", "API_Target"),
  },
  {
    scenario: "states",
    operation: "CreateStateMachine",
    differs: ['$refused: "StateMachineAlreadyExists" 400 / answered', '$refused: "InvalidDefinition" 400 / answered'],
    sandbox: "refuses another definition under the same name, and one that can't run",
    moto: "takes both",
    judge: "sandbox",
    source: states("CreateStateMachine"),
  },
  {
    scenario: "states",
    operation: "DescribeExecution",
    differs: [
      'inputDetails: {"included":true} / absent',
      'output: "{\\"size\\":\\"big\\"}" / absent',
      'outputDetails: {"included":true} / absent',
      "redriveCount: 0 / absent",
      'redriveStatus: "NOT_REDRIVABLE" / absent',
      'redriveStatusReason: "Execution is SUCCEEDED and cannot be redriven" / absent',
      'status: "SUCCEEDED" / "RUNNING"',
      'stopDate: "<time>" / absent',
      'cause: "Ten at least." / absent',
      'error: "TooSmall" / absent',
      'redriveStatus: "REDRIVABLE" / absent',
      'status: "FAILED" / "RUNNING"',
    ],
    times: 15,
    sandbox: "runs the execution",
    moto: "leaves it running for ever",
    judge: "sandbox",
    source: states("DescribeExecution"),
  },
  {
    scenario: "states",
    operation: "ListExecutions",
    differs: [
      'executions: [{"executionArn":"arn:aws:states:eu-west-1:<account>:execution:sizes:big","stateMachineArn":"arn:aws:states:eu-west-1:<account>:stateMachine:sizes","name":"big","status":"SUCCEEDED","startDate":"<time>","stopDate":"<time>","redriveCount":0}] / []',
    ],
    sandbox: "lists the one that succeeded",
    moto: "none has",
    judge: "sandbox",
    source: states("ListExecutions"),
  },
];
