// Package client calls this service: the operations of openapi.yaml, each with a time limit and tries that wait longer and
// longer, at random, so that not all callers come back at once.
package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client is safe for many goroutines. Its zero value needs a BaseURL.
type Client struct {
	// Where the service is, such as https://abc.execute-api.eu-west-1.amazonaws.com
	BaseURL string
	// For each try. Default 5 s.
	Timeout time.Duration
	// After the first. Default 2.
	Retries int
	// Before the first repetition at most; doubled for each further one. Default 200 ms.
	Backoff time.Duration
	HTTP    *http.Client
}

// Error is what the service refused, or the last of its failures.
type Error struct {
	Status  int
	Code    string
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Message) }

// Service is what answers, and which version of it.
type Service struct {
	Service     string `json:"service"`
	Environment string `json:"environment"`
	Version     string `json:"version"`
}

// Service says what answers here.
func (c *Client) Service(ctx context.Context) (Service, error) {
	return get[Service](ctx, c, "/")
}

// Health says whether the service can answer.
func (c *Client) Health(ctx context.Context) (string, error) {
	health, err := get[struct{ Status string }](ctx, c, "/health")
	return health.Status, err
}

// SayHello greets.
func (c *Client) SayHello(ctx context.Context, name string) (string, error) {
	greeting, err := get[struct{ Message string }](ctx, c, "/hello/"+url.PathEscape(name))
	return greeting.Message, err
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// get repeats what failed on the way, was too much at once, or is the service's own fault: reading changes nothing.
func get[T any](ctx context.Context, c *Client, path string) (T, error) {
	var answer T
	wait := or(c.Backoff, 200*time.Millisecond)
	for try := 0; ; try++ {
		err := c.try(ctx, path, &answer)
		refused, isRefused := err.(*Error)
		isFinal := err == nil || (isRefused && refused.Status != http.StatusTooManyRequests && refused.Status < 500)
		if isFinal || try == or(c.Retries, 2) {
			return answer, err
		}
		select {
		case <-time.After(rand.N(wait << try)):
		case <-ctx.Done():
			return answer, ctx.Err()
		}
	}
}

func (c *Client) try(ctx context.Context, path string, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, or(c.Timeout, 5*time.Second))
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(c.BaseURL, "/")+path, nil)
	if err != nil {
		return err
	}
	response, err := or(c.HTTP, http.DefaultClient).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode == http.StatusOK {
		return json.Unmarshal(body, answer)
	}
	var refusal struct {
		Error struct{ Code, Message string }
	}
	// Not every answer is this service's own: a gateway's has no code.
	_ = json.Unmarshal(body, &refusal)
	return &Error{response.StatusCode, refusal.Error.Code, or(refusal.Error.Message, string(body))}
}
