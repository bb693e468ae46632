// Package graph answers GraphQL queries: the users of telehealth.md section 11,
// who are patients, with what devices measured of them.
//
// It owns the schema (schema.graphql), the resolvers and the bounds of a query.
// Every resolver that reads goes through the use cases, and so through the gate;
// what a page needs is read for all of it at once. The telehealth surface hands
// it queries and writes its answers. Start reading at graph.go, then users.go.
package graph
