import type { Reproductions } from "../reproduction.ts";
import { kms } from "./kms.ts";
import { lambda } from "./lambda.ts";
import { secretsmanager } from "./secretsmanager.ts";
import { sqs } from "./sqs.ts";
import { sts } from "./sts.ts";

/** Every service whose recordings are reproduced. */
export const reproductions: readonly Reproductions[] = [kms, lambda, secretsmanager, sqs, sts];
