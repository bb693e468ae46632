// Package blobtest is the suite that every blob engine passes: what Store
// promises, shown from outside. Engines call Run from their own tests, and test
// beside it what only they can suffer. Start reading at blobtest.go.
package blobtest
