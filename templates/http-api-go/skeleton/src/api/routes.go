package api

import (
	"cmp"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

type route func(request events.APIGatewayV2HTTPRequest) (any, error)

// Letters of any script, with what stands inside names.
var name = regexp.MustCompile(`^[\p{L}\p{M}\p{N} .'’-]{1,50}$`)

// routes are the operations of openapi.yaml, by the route key under which template.yaml announces them to the API.
var routes = map[string]route{
	"GET /": func(events.APIGatewayV2HTTPRequest) (any, error) {
		return map[string]string{
			"service":     cmp.Or(os.Getenv("SERVICE_NAME"), "local"),
			"environment": cmp.Or(os.Getenv("ENVIRONMENT"), "local"),
			"version":     cmp.Or(os.Getenv("AWS_LAMBDA_FUNCTION_VERSION"), "local"),
		}, nil
	},

	"GET /health": func(events.APIGatewayV2HTTPRequest) (any, error) {
		return map[string]string{"status": "ok"}, nil
	},

	"GET /hello/{name}": func(request events.APIGatewayV2HTTPRequest) (any, error) {
		given, err := url.PathUnescape(request.PathParameters["name"])
		given = strings.TrimSpace(given)
		if err != nil || !name.MatchString(given) {
			message := "A name has 1 to 50 letters, digits, spaces, dots, hyphens or apostrophes."
			return nil, &Error{http.StatusBadRequest, "invalid-name", message}
		}
		return map[string]string{"message": "Hello, " + given + "!"}, nil
	},
}
