// Package adopted is a blob.Store over another one that also reads objects which
// lie elsewhere: where the other has nothing under a key, a pointer may say what
// stands for it. It never writes there. docs/decisions/adopt.md says why.
//
// The command line puts it over the media store. Start reading at adopted.go.
package adopted
