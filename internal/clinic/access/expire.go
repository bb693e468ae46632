package access

import (
	"context"
	"time"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// How long what has ended is kept: tokens so that their holders are told that
// they expired, answers under an Idempotency-Key so that a late retry finds them.
const (
	keepTokens   = 24 * time.Hour
	keepAttempts = time.Hour
	keepDone     = 48 * time.Hour
	// keepRegistrations is how long a patient who is registered again is the same.
	keepRegistrations = 24 * time.Hour
)

// expireBatch bounds one transaction: every other writer waits for it.
const expireBatch = 1000

// Expire removes tokens, attempts and remembered answers that have had their
// time. It is the server's own work, each hour.
func (s *Service) Expire(ctx context.Context) error {
	actor := care.Actor{Kind: care.ActorSystem, ID: "server", Origin: care.Origin{Via: "task expire"}}
	q := gate.Request{Actor: actor, Action: policy.SystemMaintain, Reason: "remove what has expired"}
	for more := true; more; {
		now := s.gate.Now()
		removed, err := gate.Write(ctx, s.gate, q, gate.Nothing("token"), func(tx store.Tx) (int, error) {
			most := 0
			for _, remove := range []func() (int, error){
				func() (int, error) { return tx.DeleteExpiredTokens(now.Add(-keepTokens), expireBatch) },
				func() (int, error) { return tx.DeleteAttempts(now.Add(-keepAttempts), expireBatch) },
				func() (int, error) { return tx.DeleteDone(now.Add(-keepDone), expireBatch) },
				func() (int, error) { return tx.DeleteExpiredLoginLinks(now.Add(-keepTokens), expireBatch) },
				func() (int, error) { return tx.DeleteEndedWebSessions(now.Add(-keepTokens), expireBatch) },
				func() (int, error) { return tx.DeleteRegistrations(now.Add(-keepRegistrations), expireBatch) },
			} {
				n, err := remove()
				if err != nil {
					return 0, err
				}
				most = max(most, n)
			}
			return most, nil
		})
		if err != nil {
			return err
		}
		more = removed == expireBatch
	}
	return nil
}
