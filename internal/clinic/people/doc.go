// Package people holds the use cases of patients, providers and care teams.
//
// Every surface and the command line call it. It does not know encounters or
// calls. Start reading at patient.go.
package people
