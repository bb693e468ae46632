// Package contracttest proves the surfaces from outside: it replays the
// conversations under testdata/contract against a whole server over HTTP, and
// attacks it. It is tests only and owns no behaviour.
//
// A conversation is a txtar file that reads as documentation; script_test.go
// says how it is written, seed_test.go what data there is, run_test.go what is
// proved of every step beside what the file says (its audit entry, its log).
// Start reading at script_test.go, then routes_test.go.
package contracttest
