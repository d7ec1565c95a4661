import type { Reproduction, Reproductions, Stage } from "../reproduction.ts";

const PASS = {
  Comment: "BASE_PASS_RESULT",
  StartAt: "State_1",
  States: { State_1: { Type: "Pass", Result: { Arg1: "argument1" }, End: true } },
};
const WAIT = { StartAt: "State_1", States: { State_1: { Type: "Wait", Seconds: 60, End: true } } };

/** The role's ARN as LocalStack's transformer left it, whole: it isn't a mask that compares with anything. */
const ROLE = "snf_role_arn";

/** Holds an answer against its recording, with the role's ARN as it is masked there. */
function matchMasked(stage: Stage, key: string, asked: Parameters<Stage["match"]>[1]) {
  return stage.match(key, asked, (output) => {
    const { $metadata, ...rest } = output as { readonly $metadata: { readonly httpStatusCode?: number } };
    return {
      ...(JSON.parse(JSON.stringify(rest).replaceAll(roleOf(stage), ROLE)) as object),
      ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode: $metadata.httpStatusCode },
    };
  });
}

const roleOf = ({ account }: Stage) => `arn:aws:iam::${account}:role/workflow`;

function create(stage: Stage, definition: object = PASS) {
  const given = { name: stage.name("statemachine"), definition: JSON.stringify(definition), roleArn: roleOf(stage) };
  return stage.sfn.CreateStateMachine(given);
}

/** Waits until an execution has done what it does by itself: it is over, or has come to a wait. */
async function settled({ sfn }: Stage, executionArn: string | undefined): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const { events = [] } = await sfn.GetExecutionHistory({ executionArn });
    if (events.some(({ type }) => /^(WaitStateEntered|Execution(?!Started))/.test(type ?? ""))) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const TESTS: Record<string, Reproduction> = {
  async "TestSnfApi::test_create_delete_valid_sm"(stage) {
    const made = await stage.match("creation_resp_1", create(stage));
    const { stateMachineArn } = made ?? {};
    await stage.match("deletion_resp_1", stage.sfn.DeleteStateMachine({ stateMachineArn }));
  },
  async "TestSnfApi::test_create_delete_invalid_sm"(stage) {
    await stage.match("invalid_definition_1", create(stage, { Comment: "BASE_INVALID_DER", StartAt: "State_1" }));
  },
  async "TestSnfApi::test_delete_nonexistent_sm"(stage) {
    const { stateMachineArn = "" } = await create(stage);
    const gone = { stateMachineArn: stateMachineArn.replace("statemachine", "statemachine_invalid") };
    await stage.match("deletion_resp_1", stage.sfn.DeleteStateMachine(gone));
  },
  async "TestSnfApi::test_start_execution"(stage) {
    const { stateMachineArn } = (await stage.match("creation_resp", create(stage))) ?? {};
    const started = await stage.match("exec_resp", stage.sfn.StartExecution({ stateMachineArn }));
    await settled(stage, started?.executionArn);
    await stage.match("exec_list_resp", stage.sfn.ListExecutions({ stateMachineArn }));
    const { executionArn } = started ?? {};
    await matchMasked(stage, "exec_hist_resp", stage.sfn.GetExecutionHistory({ executionArn }));
  },
  async "TestSnfApi::test_invalid_start_execution_arn"(stage) {
    const { stateMachineArn = "" } = (await stage.match("creation_resp", create(stage))) ?? {};
    await stage.sfn.DeleteStateMachine({ stateMachineArn });
    const name = stateMachineArn.split(":").at(-1) ?? "";
    const gone = { stateMachineArn: stateMachineArn.replace(name, `statemachine_invalid_${name}`) };
    await stage.match("start_exec_of_deleted", stage.sfn.StartExecution(gone));
  },
  async "TestSnfApi::test_stop_execution"(stage) {
    const { stateMachineArn } = (await stage.match("creation_resp", create(stage, WAIT))) ?? {};
    const { executionArn } = (await stage.match("exec_resp", stage.sfn.StartExecution({ stateMachineArn }))) ?? {};
    await settled(stage, executionArn);
    await stage.match("stop_res", stage.sfn.StopExecution({ executionArn }));
    await matchMasked(stage, "exec_hist_resp", stage.sfn.GetExecutionHistory({ executionArn }));
  },
  async "TestSnfApi::test_get_execution_history_reversed"(stage) {
    const { stateMachineArn } = await create(stage);
    const { executionArn } = await stage.sfn.StartExecution({ stateMachineArn });
    await settled(stage, executionArn);
    const history = (reverseOrder: boolean) => stage.sfn.GetExecutionHistory({ executionArn, reverseOrder });
    await matchMasked(stage, "get_execution_history_reverseOrder[False]", history(false));
    await matchMasked(stage, "get_execution_history_reverseOrder[True]", history(true));
  },
  async "TestSnfApi::test_describe_execution"(stage) {
    const { stateMachineArn } = (await stage.match("creation_resp", create(stage))) ?? {};
    const { executionArn } = (await stage.match("exec_resp", stage.sfn.StartExecution({ stateMachineArn }))) ?? {};
    await settled(stage, executionArn);
    await stage.match("describe_execution", stage.sfn.DescribeExecution({ executionArn }));
  },
  async "TestSnfApi::test_state_machine_status_filter"(stage) {
    const { stateMachineArn } = (await stage.match("creation_resp", create(stage))) ?? {};
    const list = (key: string, statusFilter: string) =>
      stage.match(key, stage.sfn.ListExecutions({ stateMachineArn, statusFilter: statusFilter as "RUNNING" }));
    await list("list_before_execution", "SUCCEEDED");
    const { executionArn } = (await stage.match("exec_resp", stage.sfn.StartExecution({ stateMachineArn }))) ?? {};
    await settled(stage, executionArn);
    await list("list_succeeded_when_complete", "SUCCEEDED");
    await list("list_running_when_complete", "RUNNING");
    await list("list_executions_filter_exc", "succeeded");
  },
  async "TestSnfApi::test_start_execution_idempotent"(stage) {
    // The recorded machine waits for a token; that it waits is all that matters to these answers.
    const { stateMachineArn } = (await stage.match("creation_resp", create(stage, WAIT))) ?? {};
    const name = stage.name("execution_name");
    const start = (key: string, input: string) =>
      stage.match(key, stage.sfn.StartExecution({ stateMachineArn, input, name }));
    const started = await start("exec_resp", '{"Message":"test_message_txt"}');
    await settled(stage, started?.executionArn);
    await start("exec_resp_idempotent", '{"Message":"test_message_txt"}');
    await start("start_exec_already_exists", '{"body" : "different-data"}');
    await stage.match("stop_res", stage.sfn.StopExecution({ executionArn: started?.executionArn }));
  },
};

export const stepfunctions: Reproductions = {
  file: "stepfunctions__v2__test_sfn_api",
  service: "stepfunctions",
  tests: TESTS,
};

const fails = {
  StartAt: "Branch1",
  States: { Branch1: { Type: "Fail", Error: "FailureType", Cause: "Cause description" } },
};

const PARALLEL_FAILS = { Type: "Parallel", Branches: [fails] };

/** A machine that is run once, whose history is what was recorded. */
const history =
  (definition: object): Reproduction =>
  async (stage) => {
    const { stateMachineArn } = await create(stage, definition);
    const { executionArn } = await stage.sfn.StartExecution({ stateMachineArn, input: "{}" });
    for (let attempt = 0; attempt < 200; attempt++) {
      const { status } = await stage.sfn.DescribeExecution({ executionArn });
      if (status !== "RUNNING") break;
      stage.clock.advance(1000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const asked = stage.sfn.GetExecutionHistory({ executionArn, maxResults: 1000 });
    await matchMasked(stage, "get_execution_history", asked);
  };

const mapOf = (items: number[], more: object) => ({
  StartAt: "StartState",
  States: {
    StartState: { Type: "Pass", Result: { arr: items }, Next: "MapState" },
    MapState: {
      Type: "Map",
      ItemsPath: "$.arr",
      MaxConcurrency: 1,
      ItemProcessor: {
        ProcessorConfig: { Mode: "INLINE" },
        StartAt: "HandleItemFail",
        States: { HandleItemFail: { Type: "Fail", Error: "HandleItemFailError", Cause: "HandleItemFailCause" } },
      },
      End: true,
      ...more,
    },
    FinalCaught: { Type: "Pass", End: true },
  },
});

/** Histories of whole executions: how events are numbered, linked and filled. */
export const stepfunctionsScenarios: Reproductions = {
  file: "stepfunctions__v2__scenarios__test_base_scenarios",
  service: "stepfunctions",
  tests: {
    "TestBaseScenarios::test_parallel_state_catch": history({
      StartAt: "ParallelState",
      States: {
        ParallelState: { ...PARALLEL_FAILS, Catch: [{ ErrorEquals: ["FailureType"], Next: "FinalCaught" }], End: true },
        FinalCaught: { Type: "Pass", End: true },
      },
    }),
    "TestBaseScenarios::test_parallel_state_retry": history({
      StartAt: "ParallelState",
      States: {
        ParallelState: {
          ...PARALLEL_FAILS,
          Retry: [{ ErrorEquals: ["FailureType"], IntervalSeconds: 1, MaxAttempts: 2, BackoffRate: 2 }],
          End: true,
        },
      },
    }),
    "TestBaseScenarios::test_map_state_catch": history(
      mapOf([1], { Catch: [{ ErrorEquals: ["HandleItemFailError"], Next: "FinalCaught" }] }),
    ),
    "TestBaseScenarios::test_map_state_retry": history(
      mapOf([1], { Retry: [{ ErrorEquals: ["HandleItemFailError"], IntervalSeconds: 1, MaxAttempts: 2 }] }),
    ),
  },
};
