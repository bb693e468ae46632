package storetest

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
)

// bytewise are texts that a careless comparison takes for each other: by case,
// by normalisation, by padding, by width, by pattern.
var bytewise = []string{
	"a", "A", "a ", " a", "a\t", "á", "a\u0301", "ａ", "а", "ß", "ss", "SS", "ﬁ", "fi", "İ", "i", "ı", "I",
	"\u212b", "\u00c5", "A\u030a", "%", "_", "a%", "a_", "\\", "\\a", "'", "''", "\"", "0", "00", "1", "1.0", "1e0", "-0", "true", "null", "NULL",
}

// hostile are texts that break what quotes, counts or draws them badly.
func hostile() []string {
	return []string{
		"Robert'); DROP TABLE patient;--", `"quoted" \back\ 'single'`, "100% _like_ [a-z]* ?1 $1 :name @p", "{\"json\": [1]}", "<b>&amp;</b>",
		"line\nbreak\r\n\ttab", "مرحبا بالعالم", "\u202eright to left\u202c", "שלום\u200f123", "zero\u200bwidth\ufeff", "\ufefffirst",
		"e\u0301\u0323 and \u00e9", "한국어 각", "日本語テキスト", "नमस्ते", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 🏥👩🏽‍⚕️", "\U0010ffff\uffff\ufffd", "\u0085\u2028\u2029\u00a0",
		strings.Repeat("long é ", 2000), "--", "/* */", "; ", "\x01\x1b[31m\x7f",
	}
}

func unicodeTests() []test {
	return []test{
		{"Every text of every noun keeps any text whole", func(t *testing.T, s store.Store) {
			w := openTripWard(t, s, "acme-health")
			for i, text := range append(hostile(), bytewise...) {
				hostileTrip(t, s, tripPatient(), w, i, text)
				hostileTrip(t, s, tripProvider(), w, i, text)
				hostileTrip(t, s, tripEncounter(), w, i, text)
				hostileTrip(t, s, tripCall(), w, i, text)
				hostileTrip(t, s, tripLogin(), w, i, text)
				hostileTrip(t, s, tripLoginLink(), w, i, text)
				hostileTrip(t, s, tripFile(), w, i, text)
				hostileTrip(t, s, tripForm(), w, i, text)
				hostileTrip(t, s, tripFormDefinition(), w, i, text)
				hostileTrip(t, s, oneObservation(), w, i, text)
				hostileTrip(t, s, tripReading(), w, i, text)
				hostileTrip(t, s, tripNote(), w, i, text)
			}
		}},
		{"Keys of requests and attempts are compared byte by byte", func(t *testing.T, s store.Store) {
			c := openClinic(t, s, "acme-health", "live")
			keys := append(hostile(), bytewise...)
			seen := map[string]bool{}
			update(t, s, func(tx store.Tx) error {
				for i, key := range keys {
					if seen[key] {
						continue
					}
					seen[key] = true
					if err := tx.SetDone(c.Scope, key, key, fmt.Sprint(i), []byte(key), epoch); err != nil {
						return fmt.Errorf("%q: %w", key, err)
					}
					if n, _, err := tx.CountAttempt(key, epoch, epoch); err != nil || n != 1 {
						return fmt.Errorf("%q: attempt %d, %w", key, n, err)
					}
				}
				return nil
			})
			for key := range seen {
				view(t, s, func(tx store.Tx) error {
					_, result, err := tx.Done(c.Scope, key, key)
					if err != nil {
						return err
					}
					return differ(string(result), key)
				})
			}
		}},
		{"A care-team role keeps any text whole", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			for _, text := range hostile() {
				m := w.member(w.Patient, w.Provider)
				m.Role = text
				update(t, s, func(tx store.Tx) error { return tx.PutCareTeamMember(m) })
				equal(t, careTeam(t, s, w.clinic, w.Patient), []care.CareTeamMember{m})
			}
		}},
	}
}

// hostileTrip stores one noun with text in every free field, reads it back, and
// undoes it.
func hostileTrip[T any](t *testing.T, s store.Store, tr trip[T], w ward, i int, text string) {
	t.Helper()
	v := tr.of(w, 0)
	flood(reflect.ValueOf(&v).Elem(), text)
	err := s.Update(within(t), func(tx store.Tx) error {
		if err := tr.create(tx, v); err != nil {
			return err
		}
		got, err := tr.read(tx, v)
		if err != nil {
			return err
		}
		if err := differ(got, v); err != nil {
			return err
		}
		return errUndo
	})
	if err != errUndo {
		t.Errorf("%s with text %d, %.40q: %v", tr.noun, i, text, err)
	}
}

// flood puts text into every field that filler gave a text of its own.
func flood(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() && strings.HasPrefix(v.String(), "text ") {
			v.SetString(text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				flood(v.Field(i), text)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			flood(v.Index(i), text)
		}
	}
}
