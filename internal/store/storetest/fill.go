package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"chartline/internal/care"
)

// choices are the values that fields of a closed type take, one a round.
func choices(t reflect.Type) []any {
	switch t {
	case reflect.TypeFor[care.Consent]():
		return []any{care.ConsentGiven, care.ConsentRefused}
	case reflect.TypeFor[care.NameStatus]():
		return []any{care.NameHeld, care.NameWaiting}
	case reflect.TypeFor[care.OwnerKind]():
		return []any{care.OwnerCall, care.OwnerSession}
	case reflect.TypeFor[care.Direction]():
		return []any{care.Outbound, care.Inbound}
	case reflect.TypeFor[care.CallStatus]():
		return []any{care.CallNoAnswer, care.CallCanceled}
	case reflect.TypeFor[care.SessionStatus]():
		return []any{care.SessionMissed, care.SessionFailed}
	case reflect.TypeFor[care.Role]():
		return []any{care.RolePatient, care.RoleProvider}
	case reflect.TypeFor[care.LinkPurpose]():
		return []any{care.LinkSSO, care.LinkSetPassword}
	case reflect.TypeFor[care.AppointmentStatus]():
		return []any{care.AppointmentCheckedIn, care.AppointmentCancelled}
	case reflect.TypeFor[care.QuestionType]():
		return []any{care.QuestionDate, care.QuestionFile}
	case reflect.TypeFor[care.ReadingKind]():
		return []any{care.ReadingSleep, care.ReadingPulseOx}
	case reflect.TypeFor[care.AnalysisStatus]():
		return []any{care.AnalysisCompleted, care.AnalysisFailed}
	case reflect.TypeFor[care.GrantName]():
		return []any{care.GrantCallRead, care.GrantAdmin}
	case reflect.TypeFor[care.Media]():
		return []any{care.MediaGiven, care.MediaUnknown}
	}
	return nil
}

// filler gives every field a value that no other field has: so that a column
// that is left out, or read into another's place, shows.
type filler struct {
	n     int64
	round int // 0 or 1: the same field differs between rounds
}

// filled returns a T with every field set.
func filled[T any](round int) T {
	var v T
	f := filler{n: int64(1 + round*1000), round: round}
	f.fill(reflect.ValueOf(&v).Elem())
	return v
}

func (f *filler) fill(v reflect.Value) {
	if c := choices(v.Type()); c != nil {
		v.Set(reflect.ValueOf(c[f.round]))
		return
	}
	f.n++
	switch v.Kind() {
	case reflect.String:
		if v.Type() != reflect.TypeFor[string]() {
			panic("storetest: fill does not know " + v.Type().String() + "; add it to choices")
		}
		v.SetString(fmt.Sprintf("text %d", f.n))
	case reflect.Bool:
		v.SetBool(f.round == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt(f.n)
	case reflect.Uint8:
		v.SetUint(uint64(f.n % 251))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		f.items(v)
	case reflect.Array:
		f.items(v)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(epoch.Add(time.Duration(f.n) * 1001 * time.Microsecond)))
			return
		}
		for i := range v.NumField() {
			f.fill(v.Field(i))
		}
	default:
		panic("storetest: fill does not know " + v.Type().String())
	}
}

func (f *filler) items(v reflect.Value) {
	for i := range v.Len() {
		f.fill(v.Index(i))
	}
}

// unset returns the paths of fields that are zero: what a round trip would not
// have tested.
func unset(v reflect.Value, path string) []string {
	if v.IsZero() {
		return []string{path}
	}
	if v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[time.Time]() {
		return nil
	}
	var out []string
	for i := range v.NumField() {
		out = append(out, unset(v.Field(i), path+"."+v.Type().Field(i).Name)...)
	}
	return out
}

// same compares as a caller would: times to the instant and in UTC, a nil slice
// like an empty one.
func same() cmp.Options {
	return cmp.Options{
		cmpopts.EquateEmpty(),
		cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) && a.Location() == b.Location() }),
	}
}

// differ returns how got is not want, or nil. Inside a transaction's function
// it is returned, not failed with: the function ends by returning.
func differ[V any](got, want V) error {
	if reflect.DeepEqual(got, want) { // what is the same in every bit is soon told
		return nil
	}
	if d := cmp.Diff(want, got, same()...); d != "" {
		return errors.New("differs (-want +got):\n" + d)
	}
	return nil
}

// equal ends the test unless got is want.
func equal[V any](t tb, got, want V) {
	t.Helper()
	if err := differ(got, want); err != nil {
		t.Fatalf("%v", err)
	}
}
