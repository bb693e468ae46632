// Package sealed is the form in which bytes are encrypted at rest: age files
// (age-encryption.org/v1), one key a file. It owns writing them, reading them
// from the front or at any place, and the arithmetic between plain and sealed
// sizes. It knows no stores and keeps no keys.
//
// blob/seal uses it for stored objects, vault for streams such as backups. Start
// reading at sealed.go.
package sealed
