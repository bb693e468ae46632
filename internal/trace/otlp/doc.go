// Package otlp sends spans to a collector by OpenTelemetry's protocol: OTLP over
// HTTP, as JSON.
//
// It never keeps anybody waiting: what does not fit into its queue, and what a
// collector did not take in time, is dropped and counted. It does not decide what
// a span holds; package trace does.
//
// cli opens it. Start reading at otlp.go.
package otlp
