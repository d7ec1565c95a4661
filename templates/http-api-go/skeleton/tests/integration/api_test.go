//go:build integration

// Every operation of openapi.yaml, asked of the deployed service.
package integration

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"service/client"
)

// The address may end in a path of its own, behind which the API is: paths are put behind it, not in its place.
var base = strings.TrimRight(os.Getenv("ENDPOINT"), "/")

func get(t *testing.T, path string, headers map[string]string) (int, http.Header, map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := (&http.Client{Timeout: 10 * time.Second}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var body map[string]any
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, body
}

func TestServiceSaysWhichVersionAnswers(t *testing.T) {
	status, _, body := get(t, "/", nil)
	// A version, not $LATEST: the API is wired to the alias.
	if version, _ := body["version"].(string); status != 200 || !regexp.MustCompile(`^\d+$`).MatchString(version) {
		t.Errorf("got %d %v", status, body)
	}
}

func TestHealthCarriesTheCallersCorrelationID(t *testing.T) {
	status, headers, body := get(t, "/health", map[string]string{"x-correlation-id": "integration-test"})
	if status != 200 || headers.Get("x-correlation-id") != "integration-test" || body["status"] != "ok" {
		t.Errorf("got %d %v %v", status, headers, body)
	}
}

func TestHelloGreetsWhoAsksByTheClient(t *testing.T) {
	greeting, err := (&client.Client{BaseURL: base}).SayHello(t.Context(), "Zoë")
	if err != nil || greeting != "Hello, Zoë!" {
		t.Errorf("got %q %v", greeting, err)
	}
}

func TestHelloRefusesWhatIsNoName(t *testing.T) {
	// GET /hello/{name}
	if status, _, body := get(t, "/hello/"+url.PathEscape("<b>"), nil); status != 400 {
		t.Errorf("got %d %v", status, body)
	}
}

func TestAPathThatIsNotThereIsNotFound(t *testing.T) {
	if status, _, _ := get(t, "/nope", nil); status != 404 {
		t.Errorf("got %d", status)
	}
}
