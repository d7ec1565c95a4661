// Package api answers the requests of openapi.yaml.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"service/src/logging"
)

// Error is a request that can't be answered as asked: the caller sees all of it.
type Error struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Message }

var plainID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,128}$`)

// Handle answers one request. An error that a route expects becomes its answer. Any other is returned: the API answers
// 500, Lambda counts it, and the alarm on errors sees it.
func Handle(ctx context.Context, request events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	started := time.Now()
	id := correlationID(request)
	log := logging.Of(ctx, "correlation_id", id, "route", request.RouteKey)
	status, body, err := answer(request)
	took := float64(time.Since(started).Microseconds()) / 1000
	if err != nil {
		log.Error("request failed", "error", err.Error(), "duration_ms", took)
		return events.APIGatewayV2HTTPResponse{}, err
	}
	text, err := json.Marshal(body)
	if err != nil {
		return events.APIGatewayV2HTTPResponse{}, fmt.Errorf("the answer to %s is no JSON: %w", request.RouteKey, err)
	}
	log.Info("request answered", "status", status, "duration_ms", took)
	return events.APIGatewayV2HTTPResponse{
		StatusCode: status,
		Headers:    map[string]string{"content-type": "application/json; charset=utf-8", "x-correlation-id": id},
		Body:       string(text),
	}, nil
}

func answer(request events.APIGatewayV2HTTPRequest) (int, any, error) {
	route, known := routes[request.RouteKey]
	if !known {
		route = func(events.APIGatewayV2HTTPRequest) (any, error) {
			return nil, &Error{http.StatusNotFound, "not-found", fmt.Sprintf("There is no %s.", request.RouteKey)}
		}
	}
	body, err := route(request)
	if expected := (*Error)(nil); errors.As(err, &expected) {
		return expected.Status, map[string]*Error{"error": expected}, nil
	}
	return http.StatusOK, body, err
}

// correlationID is the caller's own id where it is a plain one: it goes into logs and back to the caller.
func correlationID(request events.APIGatewayV2HTTPRequest) string {
	if given := request.Headers["x-correlation-id"]; plainID.MatchString(given) {
		return given
	}
	return request.RequestContext.RequestID
}
