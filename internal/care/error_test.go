package care_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"chartline/internal/care"
)

func TestEveryKindHasANameOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i, k := range care.Kinds() {
		if int(k) != i || seen[k.String()] || k.String() == "" {
			t.Errorf("kind %d is %s", i, k)
		}
		seen[k.String()] = true
	}
	if last := care.Kinds()[len(care.Kinds())-1]; last != care.KindMediaUnavailable {
		t.Errorf("the last kind is %s: one has no name", last)
	}
	for _, k := range []care.Kind{-1, care.Kind(len(care.Kinds()))} {
		if k.String() != fmt.Sprintf("kind(%d)", int(k)) {
			t.Errorf("%s", k)
		}
	}
}

func TestAnErrorsKindIsSeenThroughWhatWrapsIt(t *testing.T) {
	t.Parallel()
	cause := errors.New("disk full")
	for _, c := range []struct {
		err  error
		kind care.Kind
	}{
		{nil, care.KindInternal},
		{cause, care.KindInternal},
		{context.Canceled, care.KindInternal},
		{care.NotFound("patient"), care.KindNotFound},
		{fmt.Errorf("look-up: %w", care.NotFound("patient")), care.KindNotFound},
		{errors.Join(cause, care.Conflict("patient", "mrn")), care.KindConflict},
		{care.Unavailable(care.NotFound("patient")), care.KindUnavailable},
	} {
		if got := care.KindOf(c.err); got != c.kind {
			t.Errorf("%v is %s, want %s", c.err, got, c.kind)
		}
		if care.IsNotFound(c.err) != (c.kind == care.KindNotFound) {
			t.Errorf("%v: not found is %v", c.err, care.IsNotFound(c.err))
		}
	}
	if !errors.Is(care.Unavailable(cause), cause) {
		t.Error("the cause is lost")
	}
	if e, _ := errors.AsType[*care.Error](care.Unavailable(cause)); e.RetryAfter <= 0 {
		t.Error("nobody is told when to try again")
	}
	if got := faulty(care.Conflict("patient", "mrn")); len(got) != 1 || got[0] != "mrn" {
		t.Errorf("a conflict names %q", got)
	}
}
