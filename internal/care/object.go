package care

import "log/slog"

// StoredObject is what a row says of its bytes in the media store.
type StoredObject struct {
	Scope
	Noun   string // "recording" or "file"
	ID     string // of the row
	Key    string // in the media store
	Size   int64
	SHA256 [32]byte
}

// LogValue shows the id only.
func (o StoredObject) LogValue() slog.Value { return slog.StringValue(o.ID) }
