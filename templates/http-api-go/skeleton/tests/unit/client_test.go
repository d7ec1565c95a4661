package unit

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"service/client"
)

// serve answers with each status once, and then with 200.
func serve(t *testing.T, delay time.Duration, statuses ...int) (*client.Client, *atomic.Int32) {
	t.Helper()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, request *http.Request) {
		try := int(asked.Add(1))
		time.Sleep(delay)
		if try <= len(statuses) {
			out.WriteHeader(statuses[try-1])
			fmt.Fprint(out, `{"error":{"code":"some-code","message":"Why"}}`)
			return
		}
		fmt.Fprintf(out, `{"message":%q,"status":"ok","service":"orders"}`, request.URL.EscapedPath())
	}))
	t.Cleanup(server.Close)
	return &client.Client{BaseURL: server.URL + "/", Backoff: time.Millisecond, Timeout: 200 * time.Millisecond}, &asked
}

func TestClientAsksEveryOperation(t *testing.T) {
	c, _ := serve(t, 0)
	greeting, err := c.SayHello(t.Context(), "a/b ë")
	if err != nil || greeting != "/hello/a%2Fb%20%C3%AB" {
		t.Errorf("got %q %v", greeting, err)
	}
	if health, err := c.Health(t.Context()); err != nil || health != "ok" {
		t.Errorf("got %q %v", health, err)
	}
	if service, err := c.Service(t.Context()); err != nil || service.Service != "orders" {
		t.Errorf("got %v %v", service, err)
	}
}

func TestClientTriesAgainWhatMayGoAway(t *testing.T) {
	c, asked := serve(t, 0, 503, 429)
	if _, err := c.Health(t.Context()); err != nil || asked.Load() != 3 {
		t.Errorf("got %v after %d tries", err, asked.Load())
	}
}

func TestClientGivesUpAfterItsTries(t *testing.T) {
	c, asked := serve(t, 0, 500, 500, 500, 500)
	_, err := c.Health(t.Context())
	var failed *client.Error
	if !errors.As(err, &failed) || failed.Status != 500 || asked.Load() != 3 {
		t.Errorf("got %v after %d tries", err, asked.Load())
	}
}

func TestClientDoesNotRepeatWhatIsRefused(t *testing.T) {
	c, asked := serve(t, 0, 400)
	_, err := c.SayHello(t.Context(), "<b>")
	var refused *client.Error
	if !errors.As(err, &refused) || refused.Code != "some-code" || refused.Error() != "400 some-code: Why" || asked.Load() != 1 {
		t.Errorf("got %v after %d tries", err, asked.Load())
	}
}

func TestClientWaitsNoLongerThanItsLimit(t *testing.T) {
	c, asked := serve(t, time.Second)
	c.Timeout = 10 * time.Millisecond
	if _, err := c.Health(t.Context()); err == nil || asked.Load() != 3 {
		t.Errorf("got %v after %d tries", err, asked.Load())
	}
}
