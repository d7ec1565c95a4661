package unit

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"service/src/api"
	"service/src/logging"
)

func ask(t *testing.T, key string, change func(*events.APIGatewayV2HTTPRequest)) (events.APIGatewayV2HTTPResponse, map[string]any) {
	t.Helper()
	request := events.APIGatewayV2HTTPRequest{RouteKey: key, Headers: map[string]string{}, PathParameters: map[string]string{}}
	request.RequestContext.RequestID = "request-1"
	if change != nil {
		change(&request)
	}
	response, err := api.Handle(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(response.Body), &body); err != nil {
		t.Fatalf("%q is no JSON: %v", response.Body, err)
	}
	return response, body
}

func TestServiceSaysWhichVersionAnswers(t *testing.T) {
	t.Setenv("SERVICE_NAME", "orders")
	t.Setenv("ENVIRONMENT", "dev")
	t.Setenv("AWS_LAMBDA_FUNCTION_VERSION", "7")
	response, body := ask(t, "GET /", nil)
	if response.StatusCode != 200 || body["service"] != "orders" || body["environment"] != "dev" || body["version"] != "7" {
		t.Errorf("got %d %v", response.StatusCode, body)
	}
}

func TestHealth(t *testing.T) {
	if response, body := ask(t, "GET /health", nil); response.StatusCode != 200 || body["status"] != "ok" {
		t.Errorf("got %d %v", response.StatusCode, body)
	}
}

func TestHello(t *testing.T) {
	cases := map[string]struct {
		status  int
		message string
	}{
		"Ada":                   {200, "Hello, Ada!"},
		"Zo%C3%AB":              {200, "Hello, Zoë!"},
		" Anne-Marie O’Neill ":  {200, "Hello, Anne-Marie O’Neill!"},
		"<b>":                   {400, ""},
		"%zz":                   {400, ""},
		"":                      {400, ""},
		strings.Repeat("x", 51): {400, ""},
	}
	for given, expected := range cases {
		response, body := ask(t, "GET /hello/{name}", func(request *events.APIGatewayV2HTTPRequest) {
			request.PathParameters["name"] = given
		})
		if response.StatusCode != expected.status {
			t.Errorf("%q: got %d %v", given, response.StatusCode, body)
		}
		if expected.status == 200 && body["message"] != expected.message {
			t.Errorf("%q: got %v", given, body)
		}
		if refusal, ok := body["error"].(map[string]any); expected.status == 400 && (!ok || refusal["code"] != "invalid-name") {
			t.Errorf("%q: got %v", given, body)
		}
	}
}

func TestUnknownRouteIsNotFound(t *testing.T) {
	if response, _ := ask(t, "$default", nil); response.StatusCode != 404 {
		t.Errorf("got %d", response.StatusCode)
	}
}

func TestCorrelationIDIsTheCallersWhereItIsPlain(t *testing.T) {
	for given, expected := range map[string]string{"abc-1": "abc-1", "": "request-1", "a b\n": "request-1"} {
		response, _ := ask(t, "GET /health", func(request *events.APIGatewayV2HTTPRequest) {
			request.Headers["x-correlation-id"] = given
		})
		if got := response.Headers["x-correlation-id"]; got != expected {
			t.Errorf("%q: got %q", given, got)
		}
	}
}

func TestLogLinesCarryTheIdsOfTheInvocation(t *testing.T) {
	t.Setenv("AWS_LAMBDA_LOG_LEVEL", "INFO")
	var out bytes.Buffer
	before := slog.Default()
	slog.SetDefault(logging.New(&out))
	defer slog.SetDefault(before)
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r-1"})
	ctx = context.WithValue(ctx, "x-amzn-trace-id", "Root=1-2-3;Parent=4;Sampled=1") //nolint // The key is Lambda's.
	logging.Of(ctx, "route", "GET /").Info("hello")
	logging.Of(ctx).Debug("not at this level")
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%q is not one line of JSON: %v", out.String(), err)
	}
	for key, expected := range map[string]any{"message": "hello", "requestId": "r-1", "xray_trace_id": "1-2-3", "route": "GET /", "level": "INFO"} {
		if line[key] != expected {
			t.Errorf("%s: got %v", key, line[key])
		}
	}
}
