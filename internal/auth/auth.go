package auth

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"chartline/internal/care"
	"chartline/internal/store"
)

// Freshness is how long an answer about a token is believed before the database
// is asked again. A command that revokes waits it out before it reports success.
const Freshness = 250 * time.Millisecond

// rememberLimit bounds how many tokens are remembered.
const rememberLimit = 10_000

// Authenticator checks credentials. It is safe for concurrent use.
type Authenticator struct {
	store store.Store
	now   func() time.Time

	reads singleflight.Group // of the database, by hash

	mu    sync.RWMutex
	known map[[32]byte]known
}

type known struct {
	actor   care.Actor
	expires time.Time // of the token
	read    time.Time // when the database said so
	ended   bool      // was refused as expired: stays so, though the clock may go back
}

// New returns an authenticator; now nil means the system's clock.
func New(s store.Store, now func() time.Time) *Authenticator {
	if now == nil {
		now = time.Now
	}
	return &Authenticator{store: s, now: now, known: map[[32]byte]known{}}
}

// Bearer returns the token of an Authorization header (RFC 6750), or "".
func Bearer(h http.Header) string {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return ""
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// Token returns the actor that a bearer token stands for. Errors:
// Unauthenticated (none, unknown, revoked, or of a disabled client), Expired.
func (a *Authenticator) Token(ctx context.Context, token string) (care.Actor, error) {
	if len(token) < 20 || len(token) > 200 {
		return care.Actor{}, errUnauthenticated()
	}
	hash := sha256.Sum256([]byte(token))
	now := a.now()
	a.mu.RLock()
	k, ok := a.known[hash]
	a.mu.RUnlock()
	age := now.Sub(k.read)
	for stale := !ok || age < 0 || age >= Freshness; stale; stale = now.Sub(k.read) >= Freshness {
		var err error
		if k, err = a.ask(ctx, hash); err != nil {
			return care.Actor{}, err
		}
	}
	if k.ended || !now.Before(k.expires) {
		a.end(hash)
		return care.Actor{}, &care.Error{Kind: care.KindExpired, Noun: "token", Message: "the token has expired"}
	}
	return k.actor, nil
}

// ask asks the database, once for all who ask at the same time, and on another
// goroutine: a database's code needs a deep stack, which would stay with the
// connection's goroutine for as long as a slow download lasts.
func (a *Authenticator) ask(ctx context.Context, hash [32]byte) (known, error) {
	asked := a.reads.DoChan(string(hash[:]), func() (k any, err error) {
		defer func() { // here nobody else would
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		return a.read(context.WithoutCancel(ctx), hash, a.now())
	})
	select {
	case r := <-asked:
		if r.Err != nil {
			return known{}, r.Err
		}
		return r.Val.(known), nil
	case <-ctx.Done():
		return known{}, care.Unavailable(ctx.Err())
	}
}

func (a *Authenticator) read(ctx context.Context, hash [32]byte, now time.Time) (known, error) {
	var (
		t      care.Token
		c      care.Client
		grants []care.Grant
	)
	err := a.store.View(ctx, func(tx store.Tx) error {
		var err error
		if t, err = tx.Token(hash); err != nil {
			return err
		}
		if c, err = tx.Client(t.Client); err != nil {
			return err
		}
		grants, err = tx.Grants(t.Client)
		return err
	})
	if care.IsNotFound(err) || err == nil && !c.Enabled {
		a.forget(hash)
		return known{}, errUnauthenticated()
	}
	if err != nil {
		return known{}, err
	}
	k := known{expires: t.ExpiresAt, read: now, actor: ActorOf(c, grants)}
	a.mu.Lock()
	k.ended = a.known[hash].ended
	if len(a.known) >= rememberLimit {
		clear(a.known)
	}
	a.known[hash] = k
	a.mu.Unlock()
	return k, nil
}

// end remembers that a token was refused as expired.
func (a *Authenticator) end(hash [32]byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if k, ok := a.known[hash]; ok {
		k.ended = true
		a.known[hash] = k
	}
}

func (a *Authenticator) forget(hash [32]byte) {
	a.mu.Lock()
	delete(a.known, hash)
	a.mu.Unlock()
}

// ActorOf returns the actor that a client with these grants is.
func ActorOf(c care.Client, grants []care.Grant) care.Actor {
	return care.Actor{Kind: care.ActorClient, ID: c.Name, Tenant: c.Tenant, Home: c.Home, Instances: c.Instances, Grants: grants}
}

func errUnauthenticated() error {
	return &care.Error{Kind: care.KindUnauthenticated, Noun: "token", Message: "a valid bearer token is required"}
}
