// One program for both functions of this service. Lambda tells which it is by the handler's name.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	functions "github.com/aws/aws-sdk-go-v2/service/lambda"

	"service/src/api"
	"service/src/hook"
	"service/src/logging"
)

func main() {
	slog.SetDefault(logging.New(os.Stdout))
	switch handler := os.Getenv("_HANDLER"); handler {
	case "api":
		lambda.Start(api.Handle)
	case "pre-traffic":
		settings, err := config.LoadDefaultConfig(context.Background())
		if err != nil {
			slog.Error("no settings of AWS", "error", err.Error())
			os.Exit(1)
		}
		trial := hook.Trial{
			Functions:   functions.NewFromConfig(settings),
			Deployments: codedeploy.NewFromConfig(settings),
			Version:     os.Getenv("NEW_VERSION"),
		}
		lambda.Start(trial.Handle)
	default:
		slog.Error("there is no such function", "handler", handler)
		os.Exit(1)
	}
}
