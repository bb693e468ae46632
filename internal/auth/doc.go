// Package auth turns credentials into a care.Actor: bearer tokens on every
// request, and names with secrets where tokens are asked for.
//
// Tokens are opaque: 256 random bits, stored by their SHA-256. What a token
// stands for is remembered for Freshness and then read again, so that a busy
// client costs a few look-ups a second and a revocation holds everywhere within
// that time. It decides nothing about what an actor may do (policy does). The
// surfaces call it. Start reading at auth.go.
package auth
