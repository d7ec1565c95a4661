import { AwsError } from "../../core/errors.ts";

/** A reason that CloudFormation gives by itself, not one that a resource's service gave. */
export class OwnReason extends AwsError {
  constructor(message: string) {
    super("ValidationError", message);
  }
}
