import { type Judged, page } from "./row.ts";

const parameters = (name: string) => page("systems-manager/latest/APIReference", name);

export const configuration: readonly Judged[] = [
  {
    scenario: "ssm",
    operation: "GetParameter",
    differs: ['Parameter.Selector: ":1" / absent', 'Parameter.Selector: ":old" / absent'],
    sandbox: "the version or label that was asked for",
    moto: "nothing",
    judge: "sandbox",
    source: parameters("API_Parameter"),
  },
  {
    scenario: "ssm",
    operation: "GetParametersByPath",
    differs: [
      'Parameters[1].Value: "<ciphertext>" / "kms:alias/aws/ssm:s"',
      'Parameters[2].Value: "<ciphertext>" / "kms:alias/aws/ssm:s"',
    ],
    sandbox: "a SecureString that isn't decrypted is ciphertext",
    moto: "the name of the key and the plain text",
    judge: "sandbox",
    source: parameters("API_GetParametersByPath"),
  },
  {
    scenario: "ssm",
    operation: "GetParameterHistory",
    differs: ['Parameters[0].LastModifiedUser: "<caller>" / "N/A"', "Parameters[0].Policies: [] / absent"],
    sandbox: "who changed it, and that it has no policies",
    moto: "N/A, and nothing",
    judge: "sandbox",
    source: parameters("API_GetParameterHistory"),
  },
  {
    scenario: "secrets",
    differs: ['$refused: "ResourceNotFoundException" 400 / "ResourceNotFoundException" 404'],
    times: 3,
    sandbox: "400 with ResourceNotFoundException",
    moto: "404",
    judge: "sandbox",
    source: page("secretsmanager/latest/apireference", "API_GetSecretValue"),
  },
];
