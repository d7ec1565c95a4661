// Package logging writes JSON lines as Lambda's own runtimes do, with the ids of the invocation.
package logging

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

var levels = map[string]slog.Level{
	"TRACE": slog.LevelDebug, "DEBUG": slog.LevelDebug, "INFO": slog.LevelInfo,
	"WARN": slog.LevelWarn, "ERROR": slog.LevelError, "FATAL": slog.LevelError,
}

// New makes a logger whose level is what Lambda is told of (AWS_LAMBDA_LOG_LEVEL).
func New(out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{
		Level: levels[os.Getenv("AWS_LAMBDA_LOG_LEVEL")],
		ReplaceAttr: func(groups []string, attribute slog.Attr) slog.Attr {
			if len(groups) == 0 && attribute.Key == slog.TimeKey {
				attribute.Key = "timestamp"
			}
			if len(groups) == 0 && attribute.Key == slog.MessageKey {
				attribute.Key = "message"
			}
			return attribute
		},
	}
	return slog.New(slog.NewJSONHandler(out, options)).With("service", os.Getenv("SERVICE_NAME"))
}

// Of gives the logger of one invocation: its lines carry the ids of the request and of the trace.
func Of(ctx context.Context, more ...any) *slog.Logger {
	logger := slog.Default()
	if invocation, ok := lambdacontext.FromContext(ctx); ok {
		logger = logger.With("requestId", invocation.AwsRequestID)
	}
	// As Lambda says it: Root=1-…;Parent=…;Sampled=1
	if trace, ok := ctx.Value("x-amzn-trace-id").(string); ok {
		root, _, _ := strings.Cut(strings.TrimPrefix(trace, "Root="), ";")
		logger = logger.With("xray_trace_id", root)
	}
	return logger.With(more...)
}
