package contracttest

import (
	"context"
	"path/filepath"
	"time"

	"chartline/internal/auth"
	"chartline/internal/care"
	"chartline/internal/clinic/access"
	"chartline/internal/store"
	"chartline/internal/testkit"
)

// administer does what an operator does at the command line, beside the server.
// A command that takes something away waits until it holds: auth.Freshness.
func (w *world) administer(verb string, args []string) {
	w.t.Helper()
	ctx, operator := w.t.Context(), testkit.Operator()
	switch verb {
	case "revoke-tokens": // of a client
		_, err := w.kit.Access.RevokeTokens(ctx, operator, w.tenantOf(args[0]), args[0])
		w.must(err)
	case "rotate":
		_, err := w.kit.Access.RotateSecret(ctx, operator, w.tenantOf(args[0]), args[0])
		w.must(err)
	case "disable":
		_, err := w.kit.Access.SetClientEnabled(ctx, operator, w.tenantOf(args[0]), args[0], false)
		w.must(err)
	case "enable":
		_, err := w.kit.Access.SetClientEnabled(ctx, operator, w.tenantOf(args[0]), args[0], true)
		w.must(err)
	case "grant": // a client, an instance, a grant, and how long
		var until *time.Time
		if len(args) > 3 {
			d, err := time.ParseDuration(args[3])
			w.must(err)
			end := w.kit.Clock.Now().Add(d)
			until = &end
		}
		scope := care.Scope{Tenant: w.tenantOf(args[0]), Instance: args[1]}
		_, err := w.kit.Access.Grant(ctx, operator, scope, args[0], []care.GrantName{care.GrantName(args[2])}, until)
		w.must(err)
	case "revoke": // a client, an instance, a grant
		scope := care.Scope{Tenant: w.tenantOf(args[0]), Instance: args[1]}
		_, err := w.kit.Access.RevokeGrant(ctx, operator, scope, args[0], []care.GrantName{care.GrantName(args[2])})
		w.must(err)
	case "unknown-consent": // tenant/instance, counts as refused or given
		refused := args[1] == "refused"
		_, err := w.kit.Access.ChangeInstance(ctx, operator, scopeOf(args[0]), access.InstanceChange{UnknownConsentRefused: &refused})
		w.must(err)
	default:
		w.t.Fatalf("nobody knows how to do %q", verb)
	}
	w.kit.Clock.Move(auth.Freshness)
}

func (w *world) tenantOf(client string) (tenant string) {
	w.t.Helper()
	w.must(w.db.View(w.t.Context(), func(tx store.Tx) error {
		c, err := tx.Client(client)
		tenant = c.Tenant
		return err
	}))
	return tenant
}

// blobPath is the file that holds a recording's bytes.
func (w *world) blobPath(recording string) (path string) {
	w.t.Helper()
	w.must(w.db.View(context.WithoutCancel(w.t.Context()), func(tx store.Tx) error {
		tenants, err := tx.Tenants("", 100)
		if err != nil {
			return err
		}
		for _, tenant := range tenants {
			instances, err := tx.Instances(tenant.Name)
			if err != nil {
				return err
			}
			for _, in := range instances {
				if r, err := tx.Recording(in.Scope, recording); err == nil {
					path = filepath.Join(w.kit.MediaDir, filepath.FromSlash(r.BlobKey))
				}
			}
		}
		return nil
	}))
	if path == "" {
		w.t.Fatalf("there is no recording %s", recording)
	}
	return path
}
