package care_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"chartline/internal/care"
)

func drawRecording(t *rapid.T) care.Recording {
	var r care.Recording
	r.Consent = rapid.SampledFrom(append(care.Consents(), "", "maybe")).Draw(t, "consent")
	if rapid.Bool().Draw(t, "withheld") {
		r.WithheldAt = &time.Time{}
	}
	if rapid.Bool().Draw(t, "deleted") {
		r.DeletedAt = &time.Time{}
	}
	return r
}

func TestOnlyGivenAndSometimesUnknownConsentIsAudible(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, refused := drawRecording(t), rapid.Bool().Draw(t, "unknown is refused")
		want := r.WithheldAt == nil && r.DeletedAt == nil && (r.Consent == care.ConsentGiven || r.Consent == care.ConsentUnknown && !refused)
		if r.Audible(refused) != want {
			t.Fatalf("%+v, unknown refused %v: audible is %v", r, refused, !want)
		}
	})
}

// calls.md: hasRecording is true exactly when /recording would answer 200.
func TestACallHasARecordingExactlyWhenOneOfItsIsAudible(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var all []care.Recording
		for range rapid.IntRange(0, 5).Draw(t, "recordings") {
			all = append(all, drawRecording(t))
		}
		for _, refused := range []bool{false, true} {
			want := false
			for _, r := range all {
				want = want || r.Audible(refused)
			}
			if care.MediaOf(all).Audible(refused) != want {
				t.Fatalf("unknown refused %v: the call has a recording: %v", refused, !want)
			}
		}
	})
}

func TestADeliveredFileHasAnExtensionForEveryType(t *testing.T) {
	t.Parallel()
	for _, name := range care.MediaTypes() {
		ext := care.Recording{ContentType: name}.Extension()
		if ext == "" {
			t.Errorf("%s has no extension", name)
		}
		if form := care.FormOf("x" + ext); form.Ext != ext {
			t.Errorf("%s is delivered as %s, which a name cannot lack", name, ext)
		}
	}
}
