// Package demo is the invented clinic that `chartline demo` shows: who and what
// is in it, how it gets into an empty installation, and the directory it lives in.
//
// Everything is brought in through the use cases, as a clinic's history would
// be, with ids that never change, so that a seeding that was cut off is completed
// by the next. All people are invented; e-mail addresses are of example.org and
// phone numbers end in 555-01xx. internal/demo/audio holds the recordings. cli
// calls it. Start reading at clinic.go, then seed.go.
package demo
