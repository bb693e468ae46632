// Package sealed is the form in which bytes are encrypted at rest, one key a file:
// AES-256-GCM by chunks, or, of what was sealed before, age files
// (age-encryption.org/v1). It owns writing them, reading them from the front or at
// any place, and the arithmetic between plain and sealed sizes, which is the same
// for both. It knows no stores and keeps no keys.
//
// blob/seal uses it for stored objects, vault for streams such as backups. Start
// reading at head.go.
package sealed
