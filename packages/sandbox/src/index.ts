export { type ControlledClock, createClock } from "./core/clock.ts";
export type {
  AnyCommand,
  CallScope,
  SandboxClock,
  SandboxSignal,
  Send,
  Signals,
  Surroundings,
} from "./core/context.ts";
export { AwsError } from "./core/errors.ts";
export type { Fault, FaultPlan, Faults } from "./core/faults.ts";
export type { AccessKey } from "./core/identity.ts";
export { githubOperations } from "./github/router.ts";
export { type Sandbox, type SandboxOptions, startSandbox } from "./sandbox.ts";
