// Package telehealth is the telehealth surface: /api/service/v1/*. It is
// compatible with the published "Telehealth Public APIs" reference and has
// nothing to do with its makers; docs/api/telehealth.md says what is served and
// where we differ.
//
// It owns its wire structs, envelopes and error bodies, and no rules. Start
// reading at routes.go.
package telehealth
