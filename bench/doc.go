// Command bench measures the server beside its peers and limits: a bare
// net/http handler, PocketBase with the same rows and indexes, and nginx with
// the same files, in interleaved one-second slices, so that the noise of a
// shared machine falls on both sides of every ratio.
//
// It owns the cases, their data sets and their report. It does not own any
// part of the server, which it builds, starts and asks over HTTP like any
// client. README.md tells what each case means. Start reading at cases.
package main
