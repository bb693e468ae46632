// Package tracetest keeps spans for tests to look at.
//
// Start reading at tracetest.go.
package tracetest
