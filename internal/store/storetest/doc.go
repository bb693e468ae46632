// Package storetest is the conformance suite of the database seam: what every
// engine behind package store does, as tests. An engine's own tests call Run
// with a way to open an empty database; nothing else calls this package.
//
// It holds no SQL and knows no engine. A file a noun says what that noun's
// methods do; tenancy.go (over the table in methods.go), ordering.go, paging.go,
// transaction.go, lifecycle.go, conflict.go, reference.go, roundtrip.go, time.go,
// unicode.go and shared.go say what all of them do. Where the right answer is not obvious,
// a slow model in plain Go says it. Start reading at storetest.go.
package storetest
