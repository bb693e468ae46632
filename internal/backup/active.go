package backup

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"chartline/internal/blob"
)

// ErrBusy reports that another program changes the target.
var ErrBusy = errors.New("another backup to this place is under way")

const (
	// renewal is how often who changes a target says so again.
	renewal = 5 * time.Minute
	// forsaken is how old the last word must be of who is taken for dead.
	forsaken = 30 * time.Minute
	// looks is how often is looked for others while their words change.
	looks = 10
)

// claim says who changes a target.
type claim struct {
	Host string    `json:"host"`
	PID  int       `json:"pid"`
	At   time.Time `json:"at"`
}

// hold is the right to change a target: objects come and go by one at a time.
// Objects are never replaced, so that each renewal is one of its own.
type hold struct {
	target *Target
	mine   string
	now    func() time.Time
	stop   context.CancelFunc
	wait   sync.WaitGroup
	last   string
}

// claim takes the target, unless somebody has it who may be alive. Of two who
// come at once at most one gets it.
func (t *Target) claim(ctx context.Context, now func() time.Time) (*hold, error) {
	var tail [8]byte
	_, _ = rand.Read(tail[:]) // never fails
	h := &hold{target: t, mine: activePrefix + hex.EncodeToString(tail[:]), now: now}
	if err := h.renew(ctx); err != nil {
		return nil, err
	}
	if err := h.alone(ctx); err != nil {
		return nil, errors.Join(err, t.store.Remove(context.WithoutCancel(ctx), h.last))
	}
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	h.stop = stop
	h.wait.Go(func() { h.keep(renewing) })
	return h, nil
}

func (h *hold) keep(ctx context.Context) {
	tick := time.NewTicker(renewal)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = h.renew(ctx) // the next one tries again, long before this one counts as dead
		}
	}
}

// renew puts a new word in the last one's place.
func (h *hold) renew(ctx context.Context) error {
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	text, err := json.Marshal(claim{host, os.Getpid(), h.now().UTC()})
	if err != nil {
		return err
	}
	next := fmt.Sprintf("%s-%d", h.mine, h.now().UnixNano())
	if _, err := h.target.store.Put(ctx, next, strings.NewReader(string(text)), blob.PutOptions{}); err != nil {
		return err
	}
	before := h.last
	h.last = next
	if before == "" {
		return nil
	}
	return h.target.store.Remove(ctx, before)
}

// alone removes the words of the dead, and fails where somebody else is alive.
func (h *hold) alone(ctx context.Context) error {
	for range looks {
		// Whose word was listed, and then was not there, has gone, or has just said so
		// again.
		if err := h.look(ctx); !errors.Is(err, blob.ErrNotFound) {
			return err
		}
	}
	return fmt.Errorf("%w: who changes it comes and goes", ErrBusy)
}

func (h *hold) look(ctx context.Context) error {
	for e, err := range h.target.store.List(ctx, activePrefix) {
		if err != nil {
			return err
		}
		if strings.HasPrefix(e.Key, h.mine+"-") {
			continue
		}
		who, err := h.dead(ctx, e)
		if err != nil {
			return err
		}
		if who != nil {
			return fmt.Errorf("%w: by process %d on %s, last heard of at %s", ErrBusy, who.PID, who.Host, who.At.Format(time.RFC3339))
		}
		if err := h.target.store.Remove(ctx, e.Key); err != nil {
			return err
		}
	}
	return nil
}

// dead returns nil where whose word e is is dead, else who it is; blob.ErrNotFound
// where the word is there no more.
func (h *hold) dead(ctx context.Context, e blob.Entry) (*claim, error) {
	text, err := h.target.readAll(ctx, e.Key, 1<<10)
	if err != nil {
		return nil, err
	}
	var c claim
	if err := json.Unmarshal(text, &c); err != nil || h.now().Sub(c.At) > forsaken {
		return nil, nil
	}
	host, err := os.Hostname()
	if err == nil && host == c.Host && c.PID != os.Getpid() && errors.Is(syscall.Kill(c.PID, 0), syscall.ESRCH) {
		return nil, nil
	}
	return &c, nil
}

// release gives the target free.
func (h *hold) release(ctx context.Context) error {
	h.stop()
	h.wait.Wait()
	return h.target.store.Remove(context.WithoutCancel(ctx), h.last)
}
