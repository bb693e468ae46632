// Package access holds the use cases around who may come in: tenants and their
// instances, API clients with their secrets and grants, and bearer tokens.
//
// It decides nothing about health data (policy does) and checks no credentials
// (auth does). The command line and the token endpoints call it. Start reading
// at client.go and token.go.
package access
