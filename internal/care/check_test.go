package care_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"chartline/internal/care"
)

// checker is a noun that names its faulty fields.
type checker interface{ Check() error }

type checkCase struct {
	value  checker
	fields []string
}

// with returns a pointer to v after change.
func with[T any, P interface {
	*T
	checker
}](v T, change func(*T)) checker {
	if change != nil {
		change(&v)
	}
	return P(&v)
}

func repeat(s string, n int) string { return strings.Repeat(s, n) }

func checkFields(t *testing.T, cases map[string]checkCase) {
	t.Helper()
	for name, c := range cases {
		err := c.value.Check()
		if got := faulty(err); !slices.Equal(got, c.fields) {
			t.Errorf("%s: the faulty fields are %q, want %q", name, got, c.fields)
		}
		if err != nil && care.KindOf(err) != care.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// faulty returns the fields that err names, sorted.
func faulty(err error) []string {
	e, ok := errors.AsType[*care.Error](err)
	if !ok {
		return nil
	}
	return slices.Sorted(maps.Keys(e.Fields))
}

const planted = "Zebulon-planted\x00"

// plant puts a text that nothing may repeat into every text of v.
func plant(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(planted)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		plant(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		plant(v.Index(0))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			plant(v.Field(i))
		}
	}
}

func TestNoErrorRepeatsWhatWasGiven(t *testing.T) {
	t.Parallel()
	var patient care.Patient
	var provider care.Provider
	var encounter care.Encounter
	var session care.Session
	var call care.Call
	for _, v := range []any{&patient, &provider, &encounter, &session, &call} {
		plant(reflect.ValueOf(v).Elem())
	}
	for _, err := range []error{
		patient.Check(noon), provider.Check(), encounter.Check(), session.Check(), call.Check(),
		care.CheckRecordingName(planted), care.CheckTenantName(planted), care.CheckInstanceName(planted),
	} {
		if err == nil || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "Zebulon") {
			t.Errorf("an error repeats what was given, or is none: %v", err)
		}
	}
}

// Whatever a log line is given of the domain, nothing but ids comes out.
func TestLogsShowIDsOnly(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		&care.Patient{}, &care.Provider{}, &care.Encounter{}, &care.Session{}, &care.Call{}, &care.Recording{},
		&care.Client{}, &care.Actor{}, &care.Visit{}, &care.VisitSession{}, &care.RecordingName{},
	} {
		value := reflect.ValueOf(v).Elem()
		plant(value)
		clearIDs(value)
		for _, given := range []any{v, value.Interface()} {
			var out bytes.Buffer
			slog.New(slog.NewJSONHandler(&out, nil)).Info("request", "value", given)
			slog.New(slog.NewTextHandler(&out, nil)).Info("request", "value", given)
			if strings.Contains(out.String(), "Zebulon") {
				t.Errorf("%T: a log line shows %s", given, out.String())
			}
		}
	}
}

// clearIDs empties what a log may show.
func clearIDs(v reflect.Value) {
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		switch {
		case name == "ID" || name == "Kind" || v.Type() == reflect.TypeFor[care.Client]() && name == "Name":
			f.SetZero()
		case f.Kind() == reflect.Struct && f.Type() != reflect.TypeFor[time.Time]():
			clearIDs(f)
		}
	}
}

func TestEveryFaultIsNamedAtOnceAndTheFirstReasonStands(t *testing.T) {
	t.Parallel()
	var none care.Problems
	if none.Err() != nil {
		t.Error("no problem is an error")
	}
	var p care.Problems
	p.Add("b", "first")
	p.Add("b", "second")
	p.Check(true, "c", "fine")
	p.Include(care.Invalid("a", "included"))
	p.Include(errors.New("no fields"))
	p.Include(nil)
	e, ok := errors.AsType[*care.Error](p.Err())
	if !ok || e.Kind != care.KindInvalid {
		t.Fatalf("got %v", p.Err())
	}
	got, _ := json.Marshal(e.Fields)
	if string(got) != `{"a":"included","b":"first"}` {
		t.Errorf("got %s", got)
	}
	if e.Error() != "invalid; a included; b first" {
		t.Errorf("got %q", e.Error())
	}
}
