package audit_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"chartline/internal/audit"
	"chartline/internal/care"
)

func TestAKeyReadsFromItsText(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("01", audit.KeySize)
	for _, ok := range []string{text, " " + text + "\n", strings.ToUpper(text)} {
		if k, err := audit.ParseKey(ok); err != nil || !k.Public().Equal(testKey(t, 1).Public()) {
			t.Errorf("%q: %v", ok, err)
		}
	}
	for _, bad := range []string{"", "secret", text[2:], text + "00", strings.Replace(text, "01", "0g", 1)} {
		_, err := audit.ParseKey(bad)
		if err == nil || (bad != "" && strings.Contains(err.Error(), bad)) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Both derivations, so that neither changes unseen: checkpoints and hashes that
// were written must stay good.
func TestDerivedKeysStayAsTheyAre(t *testing.T) {
	t.Parallel()
	k := testKey(t, 1)
	if got, want := hex.EncodeToString(k.Public()), "3cb49b9e75173d688d6c530ff93ab8a671490b5690ccb237549cfefb1a94b21f"; got != want {
		t.Errorf("the public key is %s, want %s", got, want)
	}
	if got, want := k.Hasher().Name(care.Scope{Tenant: "acme-health", Instance: "live"}, "1771585033302"), "fe021b3e128538e98c483760993e24ee"; got != want {
		t.Errorf("the name's hash is %s, want %s", got, want)
	}
}

func TestNamesAreHashedByKeyAndPlace(t *testing.T) {
	t.Parallel()
	h := testKey(t, 1).Hasher()
	seen := map[string]string{testKey(t, 2).Hasher().Name(care.Scope{Tenant: "a", Instance: "b"}, "c"): "another key"}
	for _, asked := range [][3]string{{"a", "b", "c"}, {"a", "b", "d"}, {"ab", "", "c"}, {"", "ab", "c"}, {"a", "", "bc"}, {"a", "bc", ""}, {"", "", ""}} {
		sum := h.Name(care.Scope{Tenant: asked[0], Instance: asked[1]}, asked[2])
		if other, ok := seen[sum]; ok || len(sum) != 32 {
			t.Errorf("%q hashes to %s, as %s", asked, sum, other)
		}
		seen[sum] = fmt.Sprint(asked)
	}
}

func TestAKeyDoesNotShowItself(t *testing.T) {
	t.Parallel()
	k := testKey(t, 1)
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("start", "key", k)
	slog.New(slog.NewTextHandler(&out, nil)).Info("start", "key", k)
	fmt.Fprintf(&out, "%v %+v %#v %s", k, k, k, &k)
	if n := strings.Count(out.String(), "hidden"); n != 6 {
		t.Errorf("shown %d times hidden: %s", n, out.String())
	}
}
