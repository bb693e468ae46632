package access

import (
	"context"
	"time"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// ever is after all that expires.
var ever = time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC)

// Restored notes that a backup was put back, and ends every token, session and
// link that came back with it: some were revoked since it was made. actor must
// be an operator; reason names the backup.
func (s *Service) Restored(ctx context.Context, actor care.Actor, reason string) error {
	q := gate.Request{Actor: actor, Action: policy.SystemRestore, Reason: reason}
	_, err := gate.Write(ctx, s.gate, q, gate.Nothing("backup"), func(tx store.Tx) (struct{}, error) {
		for _, end := range []func(time.Time, int) (int, error){tx.DeleteExpiredTokens, tx.DeleteExpiredLoginLinks, tx.DeleteEndedWebSessions} {
			for n := expireBatch; n == expireBatch; {
				var err error
				if n, err = end(ever, expireBatch); err != nil {
					return struct{}{}, err
				}
			}
		}
		return struct{}{}, nil
	})
	return err
}
