// Package metrics owns counters, gauges and histograms, those of the Go runtime
// and of the process, and the Prometheus text format that shows them. What is
// counted, and by which labels, is its users' business.
//
// It stands for Prometheus's own client, which brings protobuf and two and a half
// megabytes with it. The names of go_* and process_* are that client's, which
// a test holds it to.
//
// server calls it. Start reading at metrics.go.
package metrics
