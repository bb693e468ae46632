// Package voice holds the use cases of voice calls: listing a patient's, reading
// one, and bringing them in. Their recordings are in package recordings.
//
// Every surface and the command line call it. Start reading at call.go.
package voice
