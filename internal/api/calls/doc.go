// Package calls is the calls surface: /{tenant}/{instance}/patients/... and the
// ways to a token. It is compatible with Welkin Health's published Calls API
// and has nothing to do with its makers; docs/api/calls.md says where we differ.
//
// It owns its wire structs, envelopes and error array, and no rules. Start
// reading at routes.go.
package calls
