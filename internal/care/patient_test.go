package care_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chartline/internal/care"
)

// checkedPatient is a patient whose Check knows the time.
type checkedPatient care.Patient

func (p *checkedPatient) Check() error { return (*care.Patient)(p).Check(noon) }

func goodPatient() checkedPatient {
	return checkedPatient{
		FirstName: "Nadia", LastName: "Okafor", BirthDate: "1984-02-29", Gender: "female", Email: "nadia@example.org",
		Phone: "5550100", CountryCode: "+1", TimeZone: "America/Chicago",
	}
}

func TestAPatientNamesEveryFaultyField(t *testing.T) {
	t.Parallel()
	checkFields(t, map[string]checkCase{
		"":               {with(goodPatient(), nil), nil},
		"last name only": {with(checkedPatient{LastName: "Okafor"}, nil), nil},
		"first only":     {with(checkedPatient{FirstName: "Nadia"}, nil), nil},
		"no name":        {with(checkedPatient{MiddleName: "Ann"}, nil), []string{"firstName"}},
		"blank name":     {with(checkedPatient{FirstName: " \t", LastName: "\u00a0"}, nil), []string{"firstName"}},
		"today":          {with(goodPatient(), func(p *checkedPatient) { p.BirthDate = "2026-11-20" }), nil},
		"next year":      {with(goodPatient(), func(p *checkedPatient) { p.BirthDate = "2027-11-20" }), []string{"birthDate"}},
		"no such day":    {with(goodPatient(), func(p *checkedPatient) { p.BirthDate = "1985-02-29" }), []string{"birthDate"}},
		"dial code":      {with(goodPatient(), func(p *checkedPatient) { p.CountryCode = "" }), []string{"countryCode"}},
		"zone":           {with(goodPatient(), func(p *checkedPatient) { p.TimeZone = "Local" }), []string{"timezone"}},
		"ids":            {with(goodPatient(), func(p *checkedPatient) { p.ID, p.Number = "x", 5 }), []string{"id", "number"}},
		"all": {with(checkedPatient{
			FirstName: repeat("x", 201), MiddleName: "\x01", LastName: "\xff", BirthDate: "x", Gender: "x", Email: "x", Phone: "x",
			CountryCode: "x", TimeZone: "x", MRN: "a\nb", ExternalID: repeat("x", 201),
		}, nil), []string{"birthDate", "countryCode", "email", "externalId", "firstName", "gender", "lastName", "middleName", "mrn", "phone", "timezone"}},
	})
}

func TestNamesAndNumbersOfAPatientAreTrimmed(t *testing.T) {
	t.Parallel()
	p := care.Patient{FirstName: " Nadia ", MiddleName: " ", LastName: "Okafor\n", MRN: " M-1", ExternalID: "E-1 ", ID: "6F9619FF-8B86-D011-B42D-00C04FC964FF"}
	if err := p.Check(noon); err != nil {
		t.Fatal(err)
	}
	if p.FullName() != "Nadia Okafor" || p.MRN != "M-1" || p.ExternalID != "E-1" || p.ID != "6f9619ff-8b86-d011-b42d-00c04fc964ff" {
		t.Errorf("kept as %q, %q, %q, %q", p.FullName(), p.MRN, p.ExternalID, p.ID)
	}
}

func TestAProviderNamesEveryFaultyField(t *testing.T) {
	t.Parallel()
	checkFields(t, map[string]checkCase{
		"":      {with(care.Provider{FirstName: "Ines", Title: " MD "}, nil), nil},
		"title": {with(care.Provider{FirstName: "Ines", Title: repeat("x", 201)}, nil), []string{"title"}},
		"all": {with(care.Provider{ID: "x", Number: 1, Gender: "x", Email: "x", Phone: "x", TimeZone: "x"}, nil),
			[]string{"countryCode", "email", "firstName", "gender", "id", "number", "phone", "timezone"}},
	})
}

func TestAPersonNumberIsAYearAndASequence(t *testing.T) {
	t.Parallel()
	if n := care.PersonNumber(2023, 1111); n != 202300001111 {
		t.Errorf("the contract's example is %d", n)
	}
	rapid.Check(t, func(t *rapid.T) {
		year, seq := rapid.IntRange(1900, 9999).Draw(t, "year"), rapid.Int64Range(1, 99_999_999).Draw(t, "sequence")
		n := care.PersonNumber(year, seq)
		if !care.ValidPersonNumber(n) || care.PersonYear(n) != year || care.PersonSequence(n) != seq {
			t.Fatalf("%d of %d is %d", seq, year, n)
		}
		if ref, ok := care.ParsePersonRef(fmt.Sprint(n)); !ok || ref != (care.PersonRef{Number: n}) {
			t.Fatalf("%d is read as %+v, %v", n, ref, ok)
		}
	})
	for _, n := range []int64{0, -1, -202300001111, 202300000000, 1111, 189999999999, 1000000000001, 1 << 62} {
		if care.ValidPersonNumber(n) {
			t.Errorf("%d is a person's number", n)
		}
	}
}

func TestAPersonIsNamedByEitherID(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]care.PersonRef{
		"202300001111":                         {Number: 202300001111},
		"6F9619FF-8B86-D011-B42D-00C04FC964FF": {ID: "6f9619ff-8b86-d011-b42d-00c04fc964ff"},
	} {
		if got, ok := care.ParsePersonRef(s); !ok || got != want {
			t.Errorf("%s is %+v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "0", "202300000000", "+20230000111", "-20230000111", "0202300001111", "2023_0000111", "20230000111a", " 202300001111", "٢٠٢٣٠٠٠٠١١١١"} {
		if got, ok := care.ParsePersonRef(s); ok {
			t.Errorf("%q is %+v", s, got)
		}
	}
}

func TestZonesAreIANANamesInOneSpelling(t *testing.T) {
	t.Parallel()
	var zones care.Zones
	for _, name := range []string{"UTC", "America/Chicago", "America/Argentina/Buenos_Aires", "Asia/Kathmandu", "Etc/GMT+5"} {
		zone, err := zones.Load(name)
		again, _ := zones.Load(name)
		if err != nil || zone.String() != name || again != zone || !care.ValidTimeZone(name) {
			t.Errorf("%s: %v, %v", name, zone, err)
		}
	}
	for _, name := range []string{
		"", "Local", "localtime", "posixrules", "posix/America/Chicago", "right/America/Chicago", "Factory", "Nowhere", "America", "America/", "/UTC", "../zoneinfo/UTC", "America/../UTC", "America//Chicago", "./UTC", "America/./Chicago",
		"UTC/", "America\\Chicago", "CET\x00", "+05:00", "zone.tab",
	} {
		if zone, err := zones.Load(name); care.KindOf(err) != care.KindInvalid || care.ValidTimeZone(name) {
			t.Errorf("%q is %v", name, zone)
		}
	}
}

func TestChangesToOptionalValues(t *testing.T) {
	t.Parallel()
	old := ptr("old")
	for name, c := range map[string]struct {
		edit care.Edit[string]
		want *string
	}{"none": {care.Edit[string]{}, old}, "new": {care.SetTo("new"), ptr("new")}, "removed": {care.Remove[string](), nil}} {
		v := old
		c.edit.Apply(&v)
		if (v == nil) != (c.want == nil) || v != nil && *v != *c.want {
			t.Errorf("%s: %v", name, v)
		}
	}
	s := "old"
	care.Replace(&s, nil)
	care.Replace(&s, ptr("new"))
	at := &noon
	care.ApplyTime(care.SetTo(noon.Add(999)), &at)
	if s != "new" || !at.Equal(noon) {
		t.Errorf("%s, %v", s, at)
	}
	care.ApplyTime(care.Remove[time.Time](), &at)
	if at != nil {
		t.Errorf("%v", at)
	}
}

func TestTheGendersOfAPatientAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	for _, gender := range []string{"", "male", "female", "prefer_not_to_say", "unknown"} {
		p := goodPatient()
		p.Gender = gender
		if got := slices.Contains(faulty(p.Check()), "gender"); got != (gender == "unknown") {
			t.Errorf("%q: faulty is %v", gender, got)
		}
	}
}
