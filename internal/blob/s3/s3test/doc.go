// Package s3test runs a real S3 server for tests: versitygw over a directory of
// the test's own. `make install` builds it; a test that misses it fails.
// The tests of everything that keeps media in S3 use it. Start reading at
// server.go.
package s3test
