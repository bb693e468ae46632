// Package s3 keeps objects in a bucket of an S3-compatible store, under a prefix
// that it owns and marks: whatever else lies in the bucket is not touched and not
// served.
//
// A write is one conditional request, or the conditional end of a multipart
// upload, so that an object is there whole or not at all and never replaced. Each
// bears a number of its own, by which a write whose answer was lost is recognised.
// Every request is bounded in time and tried again, with jitter, where that can
// help. Reading is one request for as long as it goes on forward.
//
// The store must honour If-None-Match, which Check proves. Start reading at put.go
// and object.go.
package s3
