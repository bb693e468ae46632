// Package dir keeps objects as plain files under one directory: the key is the
// path. It owns that directory; whatever else lies in it is not touched and not
// served.
//
// A write goes to a file in .tmp that is locked while its writer lives, then is
// linked to its place once whole, checked and flushed, so that a crash leaves
// either the object or a file that Sweep removes. Every path goes through
// os.Root: nothing outside is reached, whatever lies in the tree. Linux and
// macOS; the file system must support hard links and flock. Start reading at
// put.go.
package dir
