package unit

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"service/src/hook"
)

type functions struct {
	output *lambda.InvokeOutput
	err    error
	asked  string
}

func (f *functions) Invoke(_ context.Context, input *lambda.InvokeInput, _ ...func(*lambda.Options)) (*lambda.InvokeOutput, error) {
	f.asked = *input.FunctionName
	return f.output, f.err
}

type deployments struct{ status string }

func (d *deployments) PutLifecycleEventHookExecutionStatus(
	_ context.Context, input *codedeploy.PutLifecycleEventHookExecutionStatusInput, _ ...func(*codedeploy.Options),
) (*codedeploy.PutLifecycleEventHookExecutionStatusOutput, error) {
	d.status = *input.DeploymentId + " " + *input.LifecycleEventHookExecutionId + " " + string(input.Status)
	return &codedeploy.PutLifecycleEventHookExecutionStatusOutput{}, nil
}

func TestTrialTellsCodeDeployWhatBecameOfIt(t *testing.T) {
	cases := map[string]struct {
		functions functions
		status    string
	}{
		"healthy":    {functions{output: &lambda.InvokeOutput{Payload: []byte(`{"statusCode":200}`)}}, "Succeeded"},
		"refusing":   {functions{output: &lambda.InvokeOutput{Payload: []byte(`{"statusCode":503}`)}}, "Failed"},
		"no answer":  {functions{output: &lambda.InvokeOutput{Payload: []byte(`null`)}}, "Failed"},
		"failing":    {functions{output: &lambda.InvokeOutput{FunctionError: aws.String("Unhandled"), Payload: []byte(`{}`)}}, "Failed"},
		"unreached":  {functions{err: errors.New("throttled")}, "Failed"},
		"not a JSON": {functions{output: &lambda.InvokeOutput{Payload: []byte(`<`)}}, "Failed"},
	}
	for name, each := range cases {
		t.Run(name, func(t *testing.T) {
			heard := &deployments{}
			trial := hook.Trial{Functions: &each.functions, Deployments: heard, Version: "arn:version:7"}
			if err := trial.Handle(t.Context(), hook.Event{DeploymentID: "d-1", LifecycleEventHookExecutionID: "h-1"}); err != nil {
				t.Fatal(err)
			}
			if heard.status != "d-1 h-1 "+each.status || each.functions.asked != "arn:version:7" {
				t.Errorf("got %q of %q", heard.status, each.functions.asked)
			}
		})
	}
}
