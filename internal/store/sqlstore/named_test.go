package sqlstore

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"chartline/internal/care"
)

func TestNamesFitExactlyWhereOneInvertedFormBeginsTheOther(t *testing.T) {
	t.Parallel()
	name := rapid.StringMatching(`(/|a|b|\.mp3|\.MP4){1,8}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := care.FormOf(name.Draw(t, "a")), care.FormOf(name.Draw(t, "b"))
		if a.Stem == "" || b.Stem == "" {
			return // fits nothing
		}
		ext := a.Ext == "" || b.Ext == "" || a.Ext == b.Ext
		x, y := invertedForm(a), invertedForm(b)
		if begins := strings.HasPrefix(x, y) || strings.HasPrefix(y, x); a.Fits(b) != (begins && ext) {
			t.Errorf("%+v and %+v: fits %v, forms %q and %q", a, b, a.Fits(b), x, y)
		}
	})
}
