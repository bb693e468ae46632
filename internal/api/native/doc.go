// Package native is the native surface: /api/v1. It is how real data gets in
// (people, visits, calls, recordings) and what web pages use. docs/api/native.md
// describes it for people, the OpenAPI document for programs.
//
// A route is one row of the table in routes.go; what its operation takes and
// answers is told by Go types, from which binding, validation and the document
// are made (operation.go, bind.go, check.go, openapi.go). Package huma supplies
// the schemas and the document's types, and nothing that runs a request:
// docs/decisions/native-surface.md says why.
package native
