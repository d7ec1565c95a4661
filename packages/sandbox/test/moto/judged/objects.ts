import { type Judged, page } from "./row.ts";

const s3 = (operation: string) => page("AmazonS3/latest/API", `API_${operation}`);

export const objects: readonly Judged[] = [
  {
    scenario: "sts",
    operation: "AssumeRole",
    differs: ['$refused: "ValidationError" 400 / answered'],
    times: 2,
    sandbox: "refuses what is no ARN, and less than 900 seconds",
    moto: "gives credentials",
    judge: "sandbox",
    source: page("STS/latest/APIReference", "API_AssumeRole"),
  },
  {
    scenario: "s3",
    operation: "CreateBucket",
    differs: ['BucketArn: "arn:aws:s3:::turnpike-compared" / absent'],
    sandbox: "tells the bucket's ARN",
    moto: "doesn't",
    judge: "sandbox",
    source: s3("CreateBucket"),
  },
  {
    scenario: "s3",
    differs: ['ServerSideEncryption: "AES256" / absent'],
    times: 10,
    sandbox: "AES256, as every object is encrypted by default",
    moto: "tells nothing",
    judge: "sandbox",
    source: page("AmazonS3/latest/userguide", "default-encryption-faq"),
  },
  {
    scenario: "s3",
    differs: [
      'ChecksumType: "FULL_OBJECT" / absent',
      'Contents[0].ChecksumType: "FULL_OBJECT" / absent',
      'Contents[1].ChecksumType: "FULL_OBJECT" / absent',
      'Contents[2].ChecksumType: "FULL_OBJECT" / absent',
    ],
    times: 12,
    sandbox: "FULL_OBJECT beside the checksum",
    moto: "tells nothing",
    judge: "sandbox",
    source: s3("GetObject"),
  },
  {
    scenario: "s3",
    operation: "GetObject",
    differs: ['$refused: "Unknown" 304 / answered'],
    sandbox: "304 for If-None-Match: *",
    moto: "the object",
    judge: "sandbox",
    source: s3("GetObject"),
  },
  {
    scenario: "s3",
    operation: "ListParts",
    differs: [
      'Initiator: absent / {"ID":"75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a","DisplayName":"webfile"}',
      'Owner: absent / {"DisplayName":"webfile","ID":"75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"}',
    ],
    sandbox: "tells neither owner nor initiator",
    moto: "tells both",
    judge: "moto",
    source: s3("ListParts"),
  },
  {
    scenario: "s3",
    operation: "CompleteMultipartUpload",
    differs: ['Location: "<host>/turnpike-compared/big" / "<host>/big"'],
    sandbox: "an address at which the object is",
    moto: "an address without the bucket",
    judge: "sandbox",
    source: s3("CompleteMultipartUpload"),
  },
];
