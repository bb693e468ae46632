// Package visits holds the use cases of encounters and their video sessions,
// among them the main one: a recording's name in, its encounter out.
//
// Every surface and the command line call it. Start reading at lookup.go.
package visits
