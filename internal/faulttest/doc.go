// Package faulttest breaks a whole server and proves what stays true: it kills
// it, fills its disk, takes its descriptors, locks and clock away, and then
// holds what is there against what was acknowledged. It is tests only and owns
// no behaviour.
//
// The server is a process of its own: this test program, run again as
// chartline. ledger_test.go is the model of what clients were told,
// verify_test.go holds a server against it, trace_test.go and model_test.go tell
// what a cut of power would leave; each other file is a kind of fault, and
// docs/decisions/faults.md lists them. Start reading at site_test.go. For a long
// run:
//
//	go test ./internal/faulttest -run Killed -rounds 200
//	CHARTLINE_TEST_KILLING=5m go test ./internal/faulttest -run Nodes
//	CHARTLINE_TEST_SOAK=10m go test ./internal/faulttest -run InAnyOrder
//	CHARTLINE_TEST_NETNS=1 go test ./internal/faulttest -run PartedFrom
//	CHARTLINE_TEST_CUTS=all go test ./internal/faulttest -run 'ToldOutlives|FlushThatFailed'
package faulttest
