// Package recordings holds the use cases of stored media: taking it in,
// delivering it, and everything that decides whether it may be heard (consent,
// withholding, deletion) or whose it is (names, relinking).
//
// Every surface and the command line call it. The bytes are in a blob.Store, the
// facts behind the gate. Start reading at content.go and upload.go.
package recordings
