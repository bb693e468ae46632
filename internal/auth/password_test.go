package auth_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"chartline/internal/auth"
	"chartline/internal/care"
)

func TestAPasswordFitsItsOwnHashOnly(t *testing.T) {
	t.Parallel()
	p := auth.NewPasswords(15, cheap())
	for _, password := range []string{right, "correct öß漢字 🏥 with spaces", strings.Repeat("ünïcødé wörds ", 5), strings.Repeat("long and winding ", 200), "!@#$%^&*()[]{};:'\",.<>/?\\|`~"} {
		hash, err := p.Hash(t.Context(), password)
		must(t, err)
		again, err := p.Hash(t.Context(), password)
		must(t, err)
		if hash == again || !strings.HasPrefix(hash, "$argon2id$v=19$m=64,t=1,p=1$") || strings.Contains(hash, password) {
			t.Errorf("the hash is %q", hash)
		}
		for given, want := range map[string]bool{password: true, password + " ": false, strings.ToUpper(password) + "x": false, "": false, password[1:]: false} {
			if got, err := p.Verify(t.Context(), hash, given); err != nil || got != want {
				t.Errorf("%.20q: %t, %v", given, got, err)
			}
		}
	}
}

func TestAPasswordIsTheSameOnEveryKeyboard(t *testing.T) {
	t.Parallel()
	p := auth.NewPasswords(15, cheap())
	hash, err := p.Hash(t.Context(), "caf\u00e9 au lait \u1e69 ici")
	must(t, err)
	for given, want := range map[string]bool{
		"cafe\u0301 au lait s\u0323\u0307 ici": true, "cafe\u0301 au lait s\u0307\u0323 ici": true, "caf\u00e9\u00a0au\u2003lait \u1e69 ici": true,
		"cafe au lait \u1e69 ici": false, "CAF\u00c9 au lait \u1e69 ici": false,
	} {
		if got, err := p.Verify(t.Context(), hash, given); err != nil || got != want {
			t.Errorf("%q: %t, %v", given, got, err)
		}
	}
	wide, err := p.Hash(t.Context(), "\uff46\uff55\uff4c\uff4c width, fifteen")
	must(t, err)
	if same, err := p.Verify(t.Context(), wide, "full width, fifteen"); err != nil || same {
		t.Errorf("what looks different is the same: %v", err)
	}
}

func TestRulesAreOfLengthAndGuessingOnly(t *testing.T) {
	t.Parallel()
	p := auth.NewPasswords(15, cheap())
	for password, want := range map[string]care.Kind{
		strings.Repeat("x", 5000): care.KindTooLarge, "fourteen chars": care.KindInvalid, "": care.KindInvalid, "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301": care.KindInvalid,
		"correct horse battery staple": care.KindInvalid, "nadia@example.org": care.KindInvalid, "bad \xff bytes in here": care.KindInvalid,
	} {
		if _, err := p.Hash(t.Context(), password, nadia); care.KindOf(err) != want {
			t.Errorf("%.30q: %v", password, err)
		}
	}
	short := auth.NewPasswords(8, cheap())
	if _, err := short.Hash(t.Context(), "kq7 mzpw"); err != nil {
		t.Errorf("eight characters: %v", err)
	}
	if least := auth.NewPasswords(3, cheap()).Least(); least != 8 {
		t.Errorf("the least length is %d", least)
	}
}

func TestNoHashFitsNoPassword(t *testing.T) {
	t.Parallel()
	p := auth.NewPasswords(15, cheap())
	for _, given := range []string{"", right, strings.Repeat("x", 5000), "\xff"} {
		if got, err := p.Verify(t.Context(), "", given); err != nil || got {
			t.Errorf("%.20q: %t, %v", given, got, err)
		}
	}
	for _, hash := range []string{
		"x", "$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAA", "$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + strings.Repeat("A", 43),
		"$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + strings.Repeat("A", 43), "$argon2id$v=19$m=64,t=0,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + strings.Repeat("A", 43),
	} {
		if got, err := p.Verify(t.Context(), hash, right); err == nil || got {
			t.Errorf("%q: %t, %v", hash, got, err)
		}
	}
}

func TestAHashOfAnotherCostIsKnownAndStillFits(t *testing.T) {
	t.Parallel()
	before, now := auth.NewPasswords(15, cheap()), auth.NewPasswords(15, auth.Cost{Passes: 2, MemoryKiB: 128, Threads: 1})
	hash, err := before.Hash(t.Context(), right)
	must(t, err)
	if fits, err := now.Verify(t.Context(), hash, right); err != nil || !fits {
		t.Errorf("%t, %v", fits, err)
	}
	if before.Stale(hash) || !now.Stale(hash) {
		t.Error("stale is not what is")
	}
}

func TestPasswordsWaitTheirTurnAndNoLongerThanTheirRequest(t *testing.T) {
	t.Parallel()
	p := auth.NewPasswords(15, auth.Cost{Passes: 1, MemoryKiB: 8 * 1024, Threads: 1})
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			if _, err := p.Hash(t.Context(), right); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	kinds := map[care.Kind]int{}
	for range 50 { // a free turn and an end that are both there are as likely
		_, err := p.Hash(gone, right)
		kinds[care.KindOf(err)]++
		if err == nil {
			kinds[care.KindInternal]--
		}
	}
	if kinds[care.KindUnavailable] == 0 || kinds[care.KindInternal] > 0 && len(kinds) > 2 {
		t.Errorf("got %v", kinds)
	}
}

func TestTheDefaultCostIsWhatIsRecommended(t *testing.T) {
	t.Parallel()
	p := auth.NewPasswords(15, auth.DefaultCost())
	began := time.Now()
	hash, err := p.Hash(t.Context(), right)
	must(t, err)
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("the hash is %q", hash)
	}
	if took := time.Since(began); took < time.Millisecond {
		t.Errorf("a password is guessed in %s", took)
	}
}
