package care

// Once is what makes a request happen once: its Idempotency-Key, and a
// fingerprint of what it asks for, so that the key cannot stand for two things.
type Once struct {
	Key         string
	Fingerprint string
}
