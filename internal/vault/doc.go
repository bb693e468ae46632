// Package vault keeps the keys of what is encrypted at rest: a data key for each
// stored object, wrapped by its instance's key, that wrapped by a master key that
// is in a file, the environment or a key service. It makes, opens, wraps again
// and destroys keys; it owns no bytes but those of keys, and seals streams and
// small values for whoever keeps them.
//
// blob/seal asks it for the keys of objects, the command line rotates them, and
// backups and kept events use SealStream and SealValue. Start reading at vault.go
// and master.go.
package vault
