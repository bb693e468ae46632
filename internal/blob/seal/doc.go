// Package seal encrypts over another blob.Store: what that one keeps are sealed
// files (package sealed), each with a key of its own that Keys keeps elsewhere.
// Sizes and digests are those of the plain bytes. It owns nothing on disk.
//
// Objects without a key, from before, are read as they are. The command line puts
// it between the use cases and an engine. Start reading at seal.go.
package seal
