import { type Judged, page } from "./row.ts";

export const queues: readonly Judged[] = [
  {
    scenario: "sqs",
    operation: "SendMessageBatch",
    differs: ["Failed: absent / []"],
    sandbox: "leaves the empty list out",
    moto: "an empty list",
    judge: "sandbox",
    source: page("AWSSimpleQueueService/latest/APIReference", "API_SendMessageBatch"),
  },
  {
    scenario: "sqs fifo",
    operation: "SendMessage",
    differs: ['SequenceNumber: "<unique>" / absent'],
    times: 3,
    sandbox: "a sequence number",
    moto: "none",
    judge: "sandbox",
    source: page("AWSSimpleQueueService/latest/APIReference", "API_SendMessage"),
  },
];
