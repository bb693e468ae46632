// Package auth turns credentials into a care.Actor: bearer tokens on every
// request, names with secrets where tokens are asked for, and for people
// passwords, links that let one in once, and web sessions.
//
// Tokens, links and sessions are opaque: 256 random bits, stored by their
// SHA-256. What a bearer token stands for is remembered for Freshness and then
// read again, so that a busy client costs a few look-ups a second and a
// revocation holds everywhere within that time. Passwords are stored by
// Argon2id. It decides nothing about what an actor may do (policy does). The
// surfaces call it. Start reading at auth.go, then login.go.
package auth
