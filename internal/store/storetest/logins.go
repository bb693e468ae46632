package storetest

import (
	"fmt"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

func (c clinic) login(p care.Patient, name string) care.Login {
	l := care.PatientLogin(p, "hash of "+c.mark, epoch)
	l.Scope, l.Email = c.Scope, care.LoginEmail(name+"@example.org")
	return l
}

func (c clinic) staff(name string, n int) care.Login {
	return care.StaffLogin(c.Scope, uid(c.label+" staff", n), name+"@example.org", care.RoleAuditor, epoch)
}

func (c clinic) link(l care.Login, n int) care.LoginLink {
	return care.LoginLink{
		Scope: c.Scope, Hash: digest(c.mark+" link", n), Login: l.ID, Purpose: care.LinkSSO, Target: "/portal?" + c.mark,
		IssuedAt: epoch, ExpiresAt: at(300),
	}
}

func (c clinic) webSession(l care.Login, n int) care.WebSession {
	return care.WebSession{Scope: c.Scope, Hash: digest(c.mark+" web", n), Login: l.ID, CreatedAt: epoch, SeenAt: at(1), ExpiresAt: at(3600)}
}

func loginMethods() []method {
	return []method{
		{"CreateLogin", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Login.Scope = s
			return none(tx.CreateLogin(k.Login))
		}},
		{"CreateLogin", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			v := k.staff("further", 777)
			v.Scope, v.Email = s, k.Login.Email
			return none(tx.CreateLogin(v))
		}},
		{"Login", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Login(s, k.Login.ID) }},
		{"LoginByEmail", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.LoginByEmail(s, k.Login.Email) }},
		{"Logins", perInstance, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.Logins(s, "", 100) }},
		{"UpdateLogin", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Login.Scope, k.Login.PasswordHash, k.Login.Enabled = s, "taken over", false
			return none(tx.UpdateLogin(k.Login))
		}},
		{"CountLoginFailure", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return none(tx.CountLoginFailure(s, k.Login.Email))
		}},
		{"CreateLoginLink", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Link.Scope = s
			k.Link.Hash[0]++
			return none(tx.CreateLoginLink(k.Link))
		}},
		{"LoginLink", byName, false, func(tx store.Tx, _ care.Scope, k things) (any, error) { return tx.LoginLink(k.Link.Hash) }},
		{"UseLoginLink", byName, true, func(tx store.Tx, _ care.Scope, k things) (any, error) {
			return none(tx.UseLoginLink(k.Link.Hash, at(2)))
		}},
		{"DeleteLoginLinks", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return none(tx.DeleteLoginLinks(s, k.Login.ID, care.LinkSSO))
		}},
		{"DeleteExpiredLoginLinks", everywhere, true, func(tx store.Tx, _ care.Scope, _ things) (any, error) {
			return tx.DeleteExpiredLoginLinks(at(1e6), 1)
		}},
		{"CreateWebSession", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Web.Scope = s
			k.Web.Hash[0]++
			return none(tx.CreateWebSession(k.Web))
		}},
		{"WebSession", byName, false, func(tx store.Tx, _ care.Scope, k things) (any, error) { return tx.WebSession(k.Web.Hash) }},
		{"TouchWebSession", byName, true, func(tx store.Tx, _ care.Scope, k things) (any, error) {
			return none(tx.TouchWebSession(k.Web.Hash, at(2)))
		}},
		{"DeleteWebSession", byName, true, func(tx store.Tx, _ care.Scope, k things) (any, error) {
			return none(tx.DeleteWebSession(k.Web.Hash))
		}},
		{"DeleteWebSessions", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return none(tx.DeleteWebSessions(s, k.Login.ID))
		}},
		{"DeleteEndedWebSessions", everywhere, true, func(tx store.Tx, _ care.Scope, _ things) (any, error) {
			return tx.DeleteEndedWebSessions(at(1e6), 1)
		}},
	}
}

// openLogin opens a ward whose patient has a log-in.
func openLogin(t *testing.T, s store.Store) (ward, care.Login) {
	t.Helper()
	w := openWard(t, s, "acme-health", "live")
	l := w.login(w.Patient, "nadia")
	update(t, s, func(tx store.Tx) error { return tx.CreateLogin(l) })
	return w, l
}

func loginTests() []test {
	return []test{
		{"A log-in is found by its person and by its address", func(t *testing.T, s store.Store) {
			w, l := openLogin(t, s)
			equal(t, get(t, s, func(tx store.Tx) (care.Login, error) { return tx.Login(w.Scope, l.ID) }), l)
			equal(t, get(t, s, func(tx store.Tx) (care.Login, error) { return tx.LoginByEmail(w.Scope, l.Email) }), l)
			for _, email := range []string{"", "Nadia@example.org", " nadia@example.org", "nadia@example.or%"} {
				absent(t, s, func(tx store.Tx) (care.Login, error) { return tx.LoginByEmail(w.Scope, email) })
			}
			absent(t, s, func(tx store.Tx) (care.Login, error) { return tx.Login(w.Scope, "") })
		}},
		{"A change never takes a log-in to another person or role", func(t *testing.T, s store.Store) {
			w, l := openLogin(t, s)
			changed := l
			changed.Role, changed.Person, changed.CreatedAt = care.RoleProvider, w.Provider.Number, at(99)
			update(t, s, func(tx store.Tx) error { return tx.UpdateLogin(changed) })
			equal(t, get(t, s, func(tx store.Tx) (care.Login, error) { return tx.Login(w.Scope, l.ID) }), l)
		}},
		{"Failures of an address are counted one by one, and of nobody's not at all", func(t *testing.T, s store.Store) {
			w, l := openLogin(t, s)
			for range 3 {
				update(t, s, func(tx store.Tx) error { return tx.CountLoginFailure(w.Scope, l.Email) })
				update(t, s, func(tx store.Tx) error { return tx.CountLoginFailure(w.Scope, "nobody@example.org") })
			}
			equal(t, get(t, s, func(tx store.Tx) (care.Login, error) { return tx.Login(w.Scope, l.ID) }).Failures, 3)
		}},
		{"A link is used once, even by many at once", linkUsedOnce},
		{"Deleting links takes one log-in's for one purpose", linksDeleted},
		{"Only links that expired before the time are deleted, so many at once", linksExpired},
		{"A web session's last use moves forward only", func(t *testing.T, s store.Store) {
			w, l := openLogin(t, s)
			v := w.webSession(l, 1)
			update(t, s, func(tx store.Tx) error { return tx.CreateWebSession(v) })
			for _, n := range []int{5, 3, 5, 9} {
				update(t, s, func(tx store.Tx) error { return tx.TouchWebSession(v.Hash, at(n)) })
				v.SeenAt = at(max(n, 5))
				equal(t, get(t, s, func(tx store.Tx) (care.WebSession, error) { return tx.WebSession(v.Hash) }), v)
			}
			refused(t, s, care.KindNotFound, func(tx store.Tx) error { return tx.TouchWebSession(digest("no session", 1), at(9)) })
		}},
		{"Deleting one web session leaves the others, deleting a log-in's leaves other people's", webSessionsDeleted},
		{"Only web sessions that ended before the time are deleted, so many at once", webSessionsEnded},
		{"An attempt that is taken back no longer counts", func(t *testing.T, s store.Store) {
			count := func() (n int) {
				view(t, s, func(tx store.Tx) (err error) { n, _, err = tx.Attempts("key", epoch); return err })
				return n
			}
			update(t, s, func(tx store.Tx) error {
				for range 2 {
					if _, _, err := tx.CountAttempt("key", epoch, at(1)); err != nil {
						return err
					}
				}
				return tx.UncountAttempt("key")
			})
			equal(t, count(), 1)
			for range 2 {
				update(t, s, func(tx store.Tx) error { return tx.UncountAttempt("key") })
			}
			equal(t, count(), 0)
			update(t, s, func(tx store.Tx) error { return tx.UncountAttempt("nobody's") })
		}},
	}
}

func linkUsedOnce(t *testing.T, s store.Store) {
	w, l := openLogin(t, s)
	v := w.link(l, 1)
	update(t, s, func(tx store.Tx) error { return tx.CreateLoginLink(v) })
	used := make(chan time.Time, 8)
	together(t, cap(used), func(n int) error {
		err := s.Update(within(t), func(tx store.Tx) error { return tx.UseLoginLink(v.Hash, at(n)) })
		switch {
		case err == nil:
			used <- at(n)
		case !care.IsNotFound(err):
			return err
		}
		return nil
	})
	equal(t, len(used), 1)
	v.UsedAt = ptr(<-used)
	equal(t, get(t, s, func(tx store.Tx) (care.LoginLink, error) { return tx.LoginLink(v.Hash) }), v)
	refused(t, s, care.KindNotFound, func(tx store.Tx) error { return tx.UseLoginLink(digest("no link", 1), epoch) })
}

func linksDeleted(t *testing.T, s store.Store) {
	w, l := openLogin(t, s)
	other := w.staff("auditor", 1)
	gone, kept := w.link(l, 1), []care.LoginLink{w.link(l, 2), w.link(other, 3)}
	kept[0].Purpose = care.LinkSetPassword
	update(t, s, func(tx store.Tx) error {
		return all(
			func() error { return tx.CreateLogin(other) },
			func() error { return each(append(kept, gone), tx.CreateLoginLink) },
			func() error { return tx.DeleteLoginLinks(w.Scope, l.ID, care.LinkSSO) },
			func() error { return tx.DeleteLoginLinks(w.Scope, l.ID, care.LinkSSO) },
		)
	})
	absent(t, s, func(tx store.Tx) (care.LoginLink, error) { return tx.LoginLink(gone.Hash) })
	for _, v := range kept {
		equal(t, get(t, s, func(tx store.Tx) (care.LoginLink, error) { return tx.LoginLink(v.Hash) }), v)
	}
}

func linksExpired(t *testing.T, s store.Store) {
	w, l := openLogin(t, s)
	var hashes [7][32]byte
	update(t, s, func(tx store.Tx) error {
		for n := range hashes {
			v := w.link(l, n)
			v.ExpiresAt, hashes[n] = at(100+n), v.Hash
			if err := tx.CreateLoginLink(v); err != nil {
				return err
			}
		}
		return nil
	})
	deletedInTurn(t, s, func(tx store.Tx) (int, error) { return tx.DeleteExpiredLoginLinks(at(105), 3) })
	for i, hash := range hashes {
		err := failure(t, s, func(tx store.Tx) (care.LoginLink, error) { return tx.LoginLink(hash) })
		if gone := care.IsNotFound(err); gone != (i < 5) {
			t.Errorf("link that expires at +%d: gone is %v", 100+i, gone)
		}
	}
}

// deletedInTurn deletes what are five, three at a time.
func deletedInTurn(t *testing.T, s store.Store, remove func(store.Tx) (int, error)) {
	t.Helper()
	for _, want := range []int{3, 2, 0} {
		var n int
		update(t, s, func(tx store.Tx) (err error) {
			n, err = remove(tx)
			return err
		})
		equal(t, n, want)
	}
}

func webSessionsDeleted(t *testing.T, s store.Store) {
	w, l := openLogin(t, s)
	other := w.staff("auditor", 1)
	mine, theirs := []care.WebSession{w.webSession(l, 1), w.webSession(l, 2), w.webSession(l, 3)}, w.webSession(other, 4)
	there := func(want ...bool) {
		t.Helper()
		for i, v := range append(mine, theirs) {
			err := failure(t, s, func(tx store.Tx) (care.WebSession, error) { return tx.WebSession(v.Hash) })
			if (err == nil) != want[i] {
				t.Errorf("session %d: %v", i, err)
			}
		}
	}
	update(t, s, func(tx store.Tx) error {
		return all(
			func() error { return tx.CreateLogin(other) },
			func() error { return each(append(mine, theirs), tx.CreateWebSession) },
			func() error { return tx.DeleteWebSession(mine[1].Hash) },
		)
	})
	there(true, false, true, true)
	refused(t, s, care.KindNotFound, func(tx store.Tx) error { return tx.DeleteWebSession(mine[1].Hash) })
	for range 2 {
		update(t, s, func(tx store.Tx) error { return tx.DeleteWebSessions(w.Scope, l.ID) })
	}
	there(false, false, false, true)
}

func webSessionsEnded(t *testing.T, s store.Store) {
	w, l := openLogin(t, s)
	update(t, s, func(tx store.Tx) error {
		for n := range 7 {
			v := w.webSession(l, n)
			v.ExpiresAt = at(100 + n)
			if err := tx.CreateWebSession(v); err != nil {
				return fmt.Errorf("%d: %w", n, err)
			}
		}
		return nil
	})
	deletedInTurn(t, s, func(tx store.Tx) (int, error) { return tx.DeleteEndedWebSessions(at(105), 3) })
	equal(t, get(t, s, func(tx store.Tx) (care.WebSession, error) { return tx.WebSession(w.webSession(l, 5).Hash) }).ExpiresAt, at(105))
}

func tripLogin() trip[care.Login] {
	return trip[care.Login]{
		noun: "a log-in",
		of: func(w ward, round int) care.Login {
			v := filled[care.Login](round)
			p := w.patient(2)
			v.Scope, v.ID, v.Person, v.Role, v.CreatedAt = w.Scope, p.ID, p.Number, care.RolePatient, epoch
			return v
		},
		create: store.Tx.CreateLogin,
		read:   func(tx store.Tx, v care.Login) (care.Login, error) { return tx.Login(v.Scope, v.ID) },
		update: store.Tx.UpdateLogin,
		bare:   func(v *care.Login) { v.PasswordHash, v.Failures, v.Enabled, v.PasswordAt = "", 0, false, nil },
	}
}

func tripStaffLogin() trip[care.Login] {
	return trip[care.Login]{
		noun: "a log-in of staff",
		of: func(w ward, round int) care.Login {
			v := filled[care.Login](round)
			v.Scope, v.ID, v.Person, v.Role, v.CreatedAt = w.Scope, uid("staff", 1), 0, care.RoleAdministrator, epoch
			return v
		},
		create: store.Tx.CreateLogin,
		read:   func(tx store.Tx, v care.Login) (care.Login, error) { return tx.LoginByEmail(v.Scope, v.Email) },
		update: store.Tx.UpdateLogin,
		bare:   func(v *care.Login) { v.PasswordHash, v.Failures, v.Enabled, v.PasswordAt = "", 0, false, nil },
		zero:   []string{".Person"},
	}
}

// withLogin makes a patient's log-in before what belongs to one.
func withLogin[T any](scope func(T) care.Scope, create func(store.Tx, T) error) func(store.Tx, T) error {
	return func(tx store.Tx, v T) error {
		c := clinicOf(scope(v).Tenant, scope(v).Instance)
		if err := tx.CreateLogin(c.login(c.patient(1), "nadia")); err != nil {
			return err
		}
		return create(tx, v)
	}
}

func tripLoginLink() trip[care.LoginLink] {
	return trip[care.LoginLink]{
		noun: "a log-in link",
		of: func(w ward, round int) care.LoginLink {
			v := filled[care.LoginLink](round)
			v.Scope, v.Hash, v.Login = w.Scope, digest(w.label, round), w.patient(1).ID
			return v
		},
		create: withLogin(func(v care.LoginLink) care.Scope { return v.Scope }, store.Tx.CreateLoginLink),
		read:   func(tx store.Tx, v care.LoginLink) (care.LoginLink, error) { return tx.LoginLink(v.Hash) },
		bare:   func(v *care.LoginLink) { v.Target, v.UsedAt = "", nil },
	}
}

func tripWebSession() trip[care.WebSession] {
	return trip[care.WebSession]{
		noun: "a web session",
		of: func(w ward, round int) care.WebSession {
			v := filled[care.WebSession](round)
			v.Scope, v.Hash, v.Login = w.Scope, digest(w.label, round), w.patient(1).ID
			return v
		},
		create: withLogin(func(v care.WebSession) care.Scope { return v.Scope }, store.Tx.CreateWebSession),
		read:   func(tx store.Tx, v care.WebSession) (care.WebSession, error) { return tx.WebSession(v.Hash) },
		bare:   func(*care.WebSession) {},
	}
}
