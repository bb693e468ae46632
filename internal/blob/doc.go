// Package blob is the seam to the bytes of recordings: streams in, whole
// objects with a size and a digest out, ranges by seeking. It knows no
// tenants, names or permissions.
//
// Keys are made by the server, never by a client: lower-case letters, digits,
// '-', '_' and '/', see CheckKey. Engines live in dir (a directory) and s3 (a
// bucket); seal encrypts over either, adopted also reads what lies elsewhere.
// blobtest is the suite that each engine passes. The clinic packages call it.
// Start reading at blob.go.
package blob
