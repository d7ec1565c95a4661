import type { Reproduction, Reproductions } from "../reproduction.ts";

const TESTS: Record<string, Reproduction> = {
  async "TestSSM::test_get_parameter_by_arn"({ ssm, match, name }) {
    const Name = name("param");
    await ssm.PutParameter({ Name, Value: "test", Type: "String" });
    const { Parameter } = await ssm.GetParameter({ Name });
    await match("Parameter", ssm.GetParameter({ Name: Parameter?.ARN }), (answer) => answer.Parameter);
  },
  async "TestSSM::test_parameters_with_path"({ ssm, match, name }) {
    const Name = `/test/${name("param")}`;
    const put = ssm.PutParameter({ Name, Description: "test", Value: "123", Type: "String" });
    await match("put-parameter-response", put);
    const found = await match("get-parameter-response", ssm.GetParameter({ Name }));
    const arn = found?.Parameter?.ARN ?? "";
    await match("get-parameter-by-arn-response", ssm.GetParameter({ Name: arn }));
    await match("get-parameters-response", ssm.GetParameters({ Names: [Name] }));
    await match("get-parameters-by-arn-response", ssm.GetParameters({ Names: [arn] }));
  },
};

export const ssm: Reproductions = { file: "ssm__test_ssm", service: "ssm", tests: TESTS };
