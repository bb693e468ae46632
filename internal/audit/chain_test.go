package audit_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"chartline/internal/audit"
	"chartline/internal/care"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 123_456_000, time.UTC)

// sample is an entry with every member set.
func sample() care.AuditEntry {
	return care.AuditEntry{
		At: noon, Actor: care.ActorClient, ActorID: "k7Qd2", Address: "192.0.2.7",
		Via: "GET /api/service/v1/encounter-from-recording/{recording_id}", Request: "0b8f3f0a-5a51-4c0c-9d5b-6f7f7c7f0001",
		Instance: "live", Action: "encounter.from_recording", Noun: "recording", ID: "5a1f3c54-7a6e-4d57-8a39-2f8b6c1d0001",
		Patient: "9d0a3a54-1d6b-4b56-9a3c-0d0f5e6a0001", Outcome: care.OutcomeAllowed,
		Reason: "say \"why\" \\ how\n\u2028\x1b[31m\u009b é 漢 \xff end", Asked: "00112233445566778899aabbccddeeff",
	}
}

const golden = `{"v":1,"chain":"acme-health","seq":1,"at":"2026-11-20T12:00:00.123456Z","actor":"client","actorId":"k7Qd2",` +
	`"address":"192.0.2.7","via":"GET /api/service/v1/encounter-from-recording/{recording_id}","request":"0b8f3f0a-5a51-4c0c-9d5b-6f7f7c7f0001",` +
	`"instance":"live","action":"encounter.from_recording","noun":"recording","id":"5a1f3c54-7a6e-4d57-8a39-2f8b6c1d0001",` +
	`"patient":"9d0a3a54-1d6b-4b56-9a3c-0d0f5e6a0001","outcome":"allowed",` +
	`"reason":"say \"why\" \\ how\u000a\u2028\u001b[31m\u009b é 漢 ` + "\uFFFD" + ` end","asked":"00112233445566778899aabbccddeeff"` +
	`,"hash":"HASH1"}` + "\n" +
	`{"v":1,"chain":"acme-health","seq":2,"at":"2026-11-20T11:59:59.000000Z","actor":"system","outcome":"failed","hash":"HASH2"}` + "\n"

func TestTheFormIsTheOneThatWasWrittenDown(t *testing.T) {
	t.Parallel()
	g := audit.Seal("acme-health", audit.Head{}, []care.AuditEntry{
		sample(),
		{At: noon.Add(-time.Second - 123_456*time.Microsecond), Actor: care.ActorSystem, Outcome: care.OutcomeFailed},
	})
	want := strings.NewReplacer(
		"HASH1", "70849ad57d145f8237d027ab2c34394d507416c33c61cb0190c9523d543e53a0",
		"HASH2", "9655942a2a47f3b0fcdd70af4d77f0579bf1f8858c3a91b628b34a673add7c95",
	).Replace(golden)
	if diff := cmp.Diff(want, string(g.Lines)); diff != "" {
		t.Error(diff)
	}
	if g.First != 1 || g.Last != 2 || !g.From.Equal(noon.Add(-time.Second-123_456*time.Microsecond)) || !g.Until.Equal(noon) {
		t.Errorf("bounds are %d to %d, %v to %v", g.First, g.Last, g.From, g.Until)
	}
}

// The rule as docs/decisions/audit-chain.md tells it, by other means than the
// package's own.
func TestAnybodyCanComputeTheHashes(t *testing.T) {
	t.Parallel()
	g := audit.Seal("acme-health", audit.Head{}, []care.AuditEntry{sample(), sample(), sample()})
	before := sha256.Sum256([]byte("chartline audit chain 1\x00acme-health"))
	for line := range strings.Lines(string(g.Lines)) {
		covered, _, _ := strings.Cut(line, `,"hash":"`)
		before = sha256.Sum256(append(before[:], covered...))
		var form struct{ Hash string }
		if err := json.Unmarshal([]byte(line), &form); err != nil {
			t.Fatal(err)
		}
		if form.Hash != hex.EncodeToString(before[:]) {
			t.Fatalf("hash is %s, want %x", form.Hash, before)
		}
	}
	if g.Hash != before {
		t.Errorf("the group's hash is %x, want %x", g.Hash, before)
	}
}

func TestAChainDoesNotPassForAnothers(t *testing.T) {
	t.Parallel()
	a := audit.Seal("acme-health", audit.Head{}, []care.AuditEntry{sample()})
	b := audit.Seal("acme-healthy", audit.Head{}, []care.AuditEntry{sample()})
	if a.Hash == b.Hash || audit.Origin("a") == audit.Origin("b") {
		t.Error("two chains share a hash")
	}
}

func TestSealingAgainGivesTheSameGroup(t *testing.T) {
	t.Parallel()
	entries := []care.AuditEntry{sample(), sample()}
	entries[1].At = noon.Add(789 * time.Nanosecond).In(time.FixedZone("", 3600))
	head := audit.Head{Seq: 41, Hash: [32]byte{1, 2, 3}}
	first := audit.Seal("acme-health", head, entries)
	if diff := cmp.Diff(first, audit.Seal("acme-health", head, entries)); diff != "" {
		t.Error(diff)
	}
	if first.First != 42 || entries[1].Seq != 43 || entries[1].Chain != "acme-health" {
		t.Errorf("entries were numbered %d, %d in %q", entries[0].Seq, entries[1].Seq, entries[1].Chain)
	}
}

func anyEntry(t *rapid.T) care.AuditEntry {
	text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 12), func(b []byte) string { return string(b) }))
	draw := func(name string) string { return text.Draw(t, name) }
	return care.AuditEntry{
		At:    time.UnixMicro(rapid.Int64().Draw(t, "at")),
		Actor: care.ActorKind(draw("actor")), ActorID: draw("actorID"), Address: draw("address"), Via: draw("via"),
		Request: draw("request"), Instance: draw("instance"), Action: care.Action(draw("action")), Noun: draw("noun"),
		ID: draw("id"), Patient: draw("patient"), Outcome: care.Outcome(draw("outcome")), Reason: draw("reason"), Asked: draw("asked"),
	}
}

// valid is what a JSON writer makes of s: invalid bytes become U+FFFD, each.
func valid(s string) string { return string([]rune(s)) }

func TestWhatIsWrittenIsJSONAndReadsBackWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := anyEntry(t)
		entries := []care.AuditEntry{in}
		g := audit.Seal("acme-health", audit.Head{Seq: rapid.Int64Range(0, 1<<62).Draw(t, "seq")}, entries)
		if n := strings.Count(string(g.Lines), "\n"); n != 1 || !utf8.Valid(g.Lines) {
			t.Fatalf("not one line of UTF-8: %q", g.Lines)
		}
		var form map[string]any
		if err := json.Unmarshal(g.Lines, &form); err != nil {
			t.Fatal(err)
		}
		if got, _ := form["reason"].(string); got != valid(in.Reason) {
			t.Fatalf("another reader takes the reason for %q, want %q", got, valid(in.Reason))
		}
		got, sum, err := audit.Decode(g.Lines)
		if err != nil || sum != g.Hash {
			t.Fatalf("%q: %v", g.Lines, err)
		}
		want := entries[0]
		for _, s := range []*string{&want.ActorID, &want.Address, &want.Via, &want.Request, &want.Instance, &want.Noun, &want.ID,
			&want.Patient, &want.Reason, &want.Asked, (*string)(&want.Actor), (*string)(&want.Action), (*string)(&want.Outcome)} {
			*s = valid(*s)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestTimesThatALineCannotSayAreBroughtIn(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{
		time.Date(-1, 5, 1, 0, 0, 0, 0, time.UTC), time.Date(12026, 5, 1, 0, 0, 0, 0, time.UTC), {},
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.FixedZone("", -3600)),
	} {
		g := audit.Seal("acme-health", audit.Head{}, []care.AuditEntry{{At: at}})
		e, _, err := audit.Decode(g.Lines)
		if err != nil || !e.At.Equal(g.From) || !e.At.Equal(g.Until) {
			t.Errorf("%v: %s: %v", at, g.Lines, err)
		}
	}
}

func TestOtherWritingsOfAnEntryAreRefused(t *testing.T) {
	t.Parallel()
	line := strings.TrimSuffix(string(audit.Seal("acme-health", audit.Head{}, []care.AuditEntry{sample()}).Lines), "\n")
	change := func(old, new string) string {
		t.Helper()
		if !strings.Contains(line, old) {
			t.Fatalf("no %s in the line", old)
		}
		return strings.Replace(line, old, new, 1)
	}
	for name, bad := range map[string]string{
		"nothing":             "",
		"two":                 line + "\n" + line,
		"space":               change(`"seq":1`, `"seq": 1`),
		"space after":         line + " ",
		"another form":        change(`{"v":1`, `{"v":2`),
		"leading zero":        change(`"seq":1`, `"seq":01`),
		"plus":                change(`"seq":1`, `"seq":+1`),
		"huge number":         change(`"seq":1`, `"seq":99999999999999999999`),
		"other order":         change(`"actor":"client","actorId":"k7Qd2"`, `"actorId":"k7Qd2","actor":"client"`),
		"member twice":        change(`,"noun":`, `,"noun":"x","noun":`),
		"unknown member":      change(`,"noun":`, `,"extra":"x","noun":`),
		"empty member":        change(`"noun":"recording"`, `"noun":""`),
		"needless escape":     change(`"live"`, `"\u006cive"`),
		"short escape":        change(`\u000a`, `\n`),
		"upper-case escape":   change(`\u001b`, `\u001B`),
		"surrogate":           change(`"live"`, `"\ud83d\ude00"`),
		"raw control":         change(`\u000a`, "\t"),
		"raw invalid":         change("\uFFFD", "\xff"),
		"time with zone":      change(`123456Z`, `123456+00:00`),
		"time too fine":       change(`123456Z`, `1234560Z`),
		"no such day":         change(`2026-11-20T`, `2026-11-31T`),
		"upper-case hash":     line[:len(line)-66] + strings.ToUpper(line[len(line)-66:]),
		"hash of other size":  line[:len(line)-3] + `"}`,
		"hash that is no hex": line[:len(line)-3] + `g"}`,
	} {
		if _, _, err := audit.Decode([]byte(bad)); err == nil {
			t.Errorf("%s was taken: %s", name, bad)
		}
	}
	if _, _, err := audit.Decode([]byte(line)); err != nil {
		t.Error(err)
	}
}

func TestSubjectsNamesEachPatientOnce(t *testing.T) {
	t.Parallel()
	entries := []care.AuditEntry{
		{Patient: "b"}, {}, {Patient: "a", Reason: `,"patient":"c"`}, {Patient: "b", Via: `\`, Reason: `patient":"d"`}, {Patient: "\"e\n"},
	}
	g := audit.Seal("acme-health", audit.Head{}, entries)
	if diff := cmp.Diff([]string{"\"e\n", "a", "b"}, audit.Subjects(g.Lines)); diff != "" {
		t.Error(diff)
	}
	rapid.Check(t, func(t *rapid.T) {
		e := anyEntry(t)
		var want []string
		if e.Patient != "" {
			want = []string{valid(e.Patient)}
		}
		lines := audit.Seal("acme-health", audit.Head{}, []care.AuditEntry{e}).Lines
		if diff := cmp.Diff(want, audit.Subjects(lines)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(audit.Seal("acme-health", audit.Head{}, []care.AuditEntry{sample()}).Lines)
	f.Add(audit.Seal("", audit.Head{Seq: 7}, []care.AuditEntry{{}}).Lines)
	f.Fuzz(func(t *testing.T, line []byte) {
		e, _, err := audit.Decode(line)
		if err != nil {
			return
		}
		// What is taken is what Seal writes, up to the hash.
		again := audit.Seal(e.Chain, audit.Head{Seq: e.Seq - 1}, []care.AuditEntry{e}).Lines
		want, _, _ := strings.Cut(string(line), `,"hash":"`)
		if got, _, _ := strings.Cut(string(again), `,"hash":"`); got != want {
			t.Fatalf("taken: %q\nwritten: %q", want, got)
		}
	})
}

// BenchmarkSeal shows the cost of an entry in groups of one and of many, beside
// that of the hash alone, which no form can undercut.
func BenchmarkSeal(b *testing.B) {
	for _, n := range []int{1, 32} {
		entries := make([]care.AuditEntry, n)
		for i := range entries {
			entries[i] = sample()
			entries[i].Reason, entries[i].Asked = "", ""
		}
		var head audit.Head
		b.Run(fmt.Sprintf("group of %d", n), func(b *testing.B) {
			b.ReportAllocs()
			for range (b.N + n - 1) / n {
				head = audit.Seal("acme-health", head, entries).Head()
			}
		})
	}
	e := sample()
	e.Reason, e.Asked = "", ""
	one, _, _ := bytes.Cut(audit.Seal("acme-health", audit.Head{Seq: 1_000_000}, []care.AuditEntry{e}).Lines, []byte(`,"hash"`))
	one = append(make([]byte, sha256.Size), one...)
	b.Run("hash alone", func(b *testing.B) {
		for range b.N {
			sha256.Sum256(one)
		}
	})
}
