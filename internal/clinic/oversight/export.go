package oversight

import (
	"context"
	"io"

	"chartline/internal/care"
	"chartline/internal/policy"
)

// Exported says what an export wrote. With an error it says how far it came:
// an export after Last goes on there.
type Exported struct {
	Entries int64
	Last    int64 // the number of the last entry that was written; 0 for none
}

// Export writes the entries that fit f and are numbered above after, up to the
// chain's end when it began: their lines as they are stored, in order. Without
// other filters than the chain it is the chain itself, whose hashes anybody can
// check. Errors: Forbidden, Unavailable, and those of w.
func (s *Service) Export(ctx context.Context, actor care.Actor, f care.AuditFilter, after int64, w io.Writer) (Exported, error) {
	var done Exported
	l, err := s.open(ctx, actor, policy.AuditExport, f)
	if err != nil {
		return done, err
	}
	err = l.forward(after, l.head, func(e care.AuditEntry, line []byte) (bool, error) {
		if _, err := w.Write(line); err != nil {
			return false, err
		}
		done.Entries++
		done.Last = e.Seq
		return true, nil
	})
	return done, err
}
