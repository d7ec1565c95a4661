import { Logger } from "@aws-lambda-powertools/logger";

/** JSON lines; service and level come from the environment, request and trace ids from each invocation. */
export const logger = new Logger();
