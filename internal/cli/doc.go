// Package cli is the command line: what an operator types, and what it prints.
//
// Every command acts as the operating system's user through the gate, beside a
// running server or without one, and is audited. It owns no rules: commands call
// the use cases in clinic. engine.go opens what they need and is the only place
// that names a database or media engine. cmd/chartline calls Main; the scripts in
// testdata/script show sessions. Start reading at main.go.
package cli
