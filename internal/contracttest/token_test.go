package contracttest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"math/bits"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chartline/internal/care"
	"chartline/internal/store/sqlite"
	"chartline/internal/testkit"
)

// askToken asks for a token in one of the three ways.
func (w *world) askToken(way, tenant, name, secret string) ask {
	w.t.Helper()
	a := ask{params: map[string]string{"tenant": tenant, "clientName": name}, headers: []string{"Content-Type: application/json"}}
	for _, r := range routes() {
		if r.method == http.MethodPost && strings.HasSuffix(r.pattern, way) {
			a.route = r
		}
	}
	switch way {
	case "/auth/token":
		a.body = fmt.Appendf(nil, `{"apiClient": %q, "secret": %q}`, name, secret)
	case "/oauth/token":
		a.headers = []string{"Content-Type: application/x-www-form-urlencoded"}
		a.body = []byte(url.Values{"grant_type": {"client_credentials"}, "client_id": {name}, "client_secret": {secret}}.Encode())
	default:
		a.body = fmt.Appendf(nil, `{"secret": %q}`, secret)
	}
	return a
}

var tokenWays = []string{"/auth/token", "/oauth/token", "/api_clients/{clientName}"}

// TestAWrongNameAndAWrongSecretLeaveTheSame asks for tokens with names that
// exist and names that do not: S26, S28, shown by equal answers, statements and
// audit entries rather than by timing.
func TestAWrongNameAndAWrongSecretLeaveTheSame(t *testing.T) {
	t.Parallel()
	w, tr := tracedWorld(t)
	w.plantClient(seedClient{As: "off", Tenant: "acme-health", Home: "live"})
	w.administer("disable", []string{w.vars["off.client"]})
	for i, way := range tokenWays {
		from := fmt.Sprintf("127.0.0.%d", i+2) // wrong ones are counted by address
		look := func(a ask) (string, string, string) {
			a.peer = from
			return w.look(a, tr)
		}
		answer, statements, entries := look(w.askToken(way, "acme-health", "client-aaaaaaaaaaaaaaaa", "wrong"))
		if !strings.HasPrefix(answer, "401") || !strings.Contains(entries, "Outcome:refused Reason:bad_secret Asked:hhhh") {
			t.Errorf("%s answers\n%s\n%s", way, answer, entries)
		}
		others := map[string]ask{
			"a wrong secret":              w.askToken(way, "acme-health", w.vars["client"], "wrong"),
			"an empty secret":             w.askToken(way, "acme-health", w.vars["client"], ""),
			"another client's secret":     w.askToken(way, "acme-health", w.vars["client"], w.vars["none.secret"]),
			"a disabled client's own":     w.askToken(way, "acme-health", w.vars["off.client"], w.vars["off.secret"]),
			"a name of 300 letters":       w.askToken(way, "acme-health", strings.Repeat("a", 300), "wrong"),
			"a secret of 10,000 letters":  w.askToken(way, "acme-health", w.vars["client"], strings.Repeat("a", 10_000)),
			"the right one in other case": w.askToken(way, "acme-health", w.vars["client"], strings.ToUpper(w.vars["secret"])),
		}
		if way == tokenWays[2] {
			others["the right one under another tenant"] = w.askToken(way, "birch-clinic", w.vars["client"], w.vars["secret"])
			others["the right one under no tenant"] = w.askToken(way, "no-such-tenant", w.vars["client"], w.vars["secret"])
		}
		for what, a := range others {
			gotAnswer, gotStatements, gotEntries := look(a)
			if gotAnswer != answer || gotStatements != statements || gotEntries != entries {
				t.Errorf("%s, %s:\n%s%s\n%s\nand a wrong name\n%s%s\n%s", way, what, gotAnswer, gotStatements, gotEntries, answer, statements, entries)
			}
		}
	}
}

// TestSprayingNamesLocksNobodyOut tries one secret with many names, and many
// secrets with one name: S25. Who has a token goes on, and who asks from
// elsewhere comes in.
func TestSprayingNamesLocksNobodyOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 150 {
		a := w.askToken(tokenWays[i%3], "acme-health", fmt.Sprintf("client-%016d", i), "Winter2026!")
		if got := w.serve(a); got.status != http.StatusUnauthorized {
			t.Fatalf("name %d is answered %d", i, got.status)
		}
	}
	for i := range 40 {
		want := http.StatusUnauthorized
		if i >= 10 {
			want = http.StatusTooManyRequests
		}
		if got := w.serve(w.askToken(tokenWays[i%3], "acme-health", w.vars["client"], fmt.Sprint("guess", i))); got.status != want {
			t.Fatalf("guess %d is answered %d", i, got.status)
		}
	}
	own := w.askToken("/auth/token", "", w.vars["client"], w.vars["secret"])
	own.peer = "127.0.0.9"
	if got := w.serve(own); got.status != http.StatusOK {
		t.Errorf("the client itself, elsewhere, is answered %d", got.status)
	}
	for _, r := range gated() {
		if a := w.good(r); r.method == http.MethodGet && !strings.Contains(r.pattern, "from-recording") && w.serve(a).status != http.StatusOK {
			t.Errorf("%s does not answer the client's token", r)
		}
	}
}

// TestSecretsAreNowhereInWhatIsStored searches all files for tokens and secrets,
// raw and encoded: S28, S54. Files are their owner's alone.
func TestSecretsAreNowhereInWhatIsStored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	made, err := sqlite.Open(t.Context(), filepath.Join(dir, "chartline.db"), sqlite.Options{})
	if err == nil {
		err = made.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	w := openWorld(t, testkit.Options{Dir: dir}) // its files are as the server makes them
	w.plant(clinic(t))
	for _, way := range tokenWays {
		w.serve(w.askToken(way, "acme-health", w.vars["client"], w.vars["secret"]))
		w.serve(w.askToken(way, "acme-health", w.vars["client"], "MISTYPED-"+w.vars["secret"]))
	}
	w.secrets = append(w.secrets, "MISTYPED-")
	w.must(w.kit.Keeper.Checkpoint(t.Context()))
	files := 0
	w.must(filepath.WalkDir(w.kit.Dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if file != w.kit.Dir && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", d.Name(), info.Mode())
		}
		if d.IsDir() {
			return nil
		}
		files++
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, s := range w.secrets {
			if bytes.Contains(content, []byte(s)) || bytes.Contains(content, []byte(strings.TrimPrefix(s, "chl_"))) {
				t.Errorf("%s holds %q", d.Name(), s)
			}
			raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(s, "chl_"))
			if err == nil && len(raw) == 32 && bytes.Contains(content, raw) {
				t.Errorf("%s holds the bytes of %q", d.Name(), s)
			}
		}
		return nil
	}))
	if files < 5 {
		t.Errorf("only %d files were searched", files)
	}
	w.checkNothingLeaked()
}

// TestIDsAndTokensCannotBeGuessed draws many of each and looks for what they
// have in common: S57. A token that is near to a good one is none.
func TestIDsAndTokensCannotBeGuessed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const draws = 90 // tokens of one client in five minutes
	scope := care.Scope{Tenant: "acme-health", Instance: "live"}
	tokens, secrets, ids := make([][]byte, 0, draws), make([][]byte, 0, draws), make([][]byte, 0, draws)
	for range draws {
		issued, err := w.kit.Access.MintToken(t.Context(), testkit.Operator(), "acme-health", w.vars["none.client"])
		w.must(err)
		tokens = append(tokens, decodeSecret(t, strings.TrimPrefix(issued.Token, "chl_")))
		rotated, err := w.kit.Access.RotateSecret(t.Context(), testkit.Operator(), "acme-health", w.vars["none.client"])
		w.must(err)
		secrets = append(secrets, decodeSecret(t, rotated.Secret))
		p, err := w.kit.People.CreatePatient(t.Context(), testkit.Operator(), care.Patient{Scope: scope, LastName: "Drawn"}, nil)
		w.must(err)
		if !uuidPattern.MatchString(p.ID) {
			t.Fatalf("%s is no random UUID", p.ID)
		}
		ids = append(ids, []byte(strings.ReplaceAll(p.ID, "-", "")))
	}
	checkRandom(t, "tokens", tokens, 256)
	checkRandom(t, "secrets", secrets, 256)
	seen := map[string]bool{}
	for _, id := range ids {
		if seen[string(id[:12])] {
			t.Errorf("two ids begin alike: %s", id)
		}
		seen[string(id[:12])] = true
	}
	a := w.good(gated()[0])
	last := ids[len(ids)-1]
	for i := range 32 { // every id that differs in one digit
		near := []byte(last)
		near[i] ^= 1
		id := fmt.Sprintf("%s-%s-%s-%s-%s", near[:8], near[8:12], near[12:16], near[16:20], near[20:])
		if got := w.serve(a.with("patientId", id)); got.status != http.StatusNotFound {
			t.Errorf("%s answers %d", id, got.status)
		}
	}
}

func decodeSecret(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != 32 {
		t.Fatalf("%q is not 256 bits", text)
	}
	return b
}

// checkRandom looks at every bit: each is set about half the time, and any two
// draws differ in about half of them. Chance fails this once in a billion runs.
func checkRandom(t *testing.T, what string, draws [][]byte, size int) {
	t.Helper()
	for bit := range size {
		set := 0
		for _, d := range draws {
			set += int(d[bit/8] >> (bit % 8) & 1)
		}
		if set < 10 || set > len(draws)-10 {
			t.Errorf("%s: bit %d is set %d of %d times", what, bit, set, len(draws))
		}
	}
	for i := range draws[1:] {
		differ := 0
		for k := range draws[i] {
			differ += bits.OnesCount8(draws[i][k] ^ draws[i+1][k])
		}
		if differ < size/4 || differ > size*3/4 {
			t.Errorf("%s: two in a row differ in %d bits of %d", what, differ, size)
		}
	}
}
