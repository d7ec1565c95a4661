// Package hook tries a new version before it gets traffic.
package hook

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"service/src/logging"
)

// Event is what CodeDeploy hands to a hook, and what it wants back.
type Event struct {
	DeploymentID                  string `json:"DeploymentId"`
	LifecycleEventHookExecutionID string `json:"LifecycleEventHookExecutionId"`
}

// Functions invokes functions; Deployments hears what became of a trial. Both are clients of AWS's SDK.
type (
	Functions interface {
		Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
	}
	Deployments interface {
		PutLifecycleEventHookExecutionStatus(
			context.Context, *codedeploy.PutLifecycleEventHookExecutionStatusInput, ...func(*codedeploy.Options),
		) (*codedeploy.PutLifecycleEventHookExecutionStatusOutput, error)
	}
)

// Trial asks one version for its health.
type Trial struct {
	Functions   Functions
	Deployments Deployments
	// ARN of the version.
	Version string
}

// A request as the API would hand it on, in what the handler reads of it.
const request = `{"version":"2.0","routeKey":"GET /health","rawPath":"/health","headers":{"x-correlation-id":"pre-traffic"},` +
	`"requestContext":{"requestId":"pre-traffic","http":{"method":"GET","path":"/health"}}}`

// Handle asks the new version for its health. CodeDeploy waits an hour for an answer, so it gets one whatever happens;
// "Failed" ends the deployment, and callers stay with the version before.
// https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
func (t Trial) Handle(ctx context.Context, event Event) error {
	status := types.LifecycleEventStatusSucceeded
	if problem := t.problem(ctx); problem != nil {
		logging.Of(ctx).Error("the new version is refused", "version", t.Version, "problem", problem.Error())
		status = types.LifecycleEventStatusFailed
	}
	_, err := t.Deployments.PutLifecycleEventHookExecutionStatus(ctx, &codedeploy.PutLifecycleEventHookExecutionStatusInput{
		DeploymentId:                  aws.String(event.DeploymentID),
		LifecycleEventHookExecutionId: aws.String(event.LifecycleEventHookExecutionID),
		Status:                        status,
	})
	return err
}

// problem is what is wrong with the version, or nothing.
func (t Trial) problem(ctx context.Context) error {
	answer, err := t.Functions.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(t.Version), Payload: []byte(request)})
	if err != nil {
		return err
	}
	if answer.FunctionError != nil {
		return fmt.Errorf("it failed: %s", answer.Payload)
	}
	var reply struct {
		StatusCode int `json:"statusCode"`
	}
	if err := json.Unmarshal(answer.Payload, &reply); err != nil || reply.StatusCode != 200 {
		return fmt.Errorf("it answered %s", answer.Payload)
	}
	return nil
}
