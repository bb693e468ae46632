// Package httpio is what the surfaces share of HTTP: the order of the checks
// and one way of failing (surface.go), bodies in and out (json.go), the one
// event that is logged of a request (writer.go), and the delivery of recordings
// (deliver.go).
//
// It renders no error itself: each surface has its own shape. Start reading at
// surface.go.
package httpio
