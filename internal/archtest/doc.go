// Package archtest keeps the architecture true: who may import whom and why,
// a doc.go in every package, no init functions, no package-level state, files
// of one idea, and documents whose paths exist. It is tests only.
//
// The table of layers is in layers_test.go; ARCHITECTURE.md explains it.
package archtest
