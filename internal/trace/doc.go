// Package trace owns spans: how long the steps of a request took, one below the
// other. It does not own where they go; an Exporter does (otlp).
//
// A span cannot hold health data: its name is one of the steps listed here or
// a route's pattern, and there is no way to give it any other text than an
// action, an outcome, a kind of failure and a request's id. Where traces are off, or
// a request is not sampled, the context holds no span and every call does nothing
// and allocates nothing.
//
// server begins spans of requests, jobs of jobs; everybody below adds steps by
// Start and Leaf. Start reading at trace.go; docs/decisions/traces.md says why it
// is not the SDK.
package trace
