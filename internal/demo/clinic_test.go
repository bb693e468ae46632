package demo

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/demo/audio"
)

func TestEverythingInventedPassesTheDomainsRules(t *testing.T) {
	t.Parallel()
	now := at(2026, time.November, 20, 12, 0, 0)
	fictional := regexp.MustCompile(`^[2-9][0-9]{2}55501[0-9]{2}$`)
	for _, c := range Clinics() {
		for _, p := range c.Patients {
			if err := p.Check(now); err != nil {
				t.Errorf("%s: patient %d: %v", c.Instance.Scope, p.Number, err)
			}
			if !fictional.MatchString(p.Phone) || !strings.HasSuffix(p.Email, "@example.org") {
				t.Errorf("patient %d has phone %s and e-mail %s", p.Number, p.Phone, p.Email)
			}
			if _, err := mail.ParseAddress(p.Email); err != nil {
				t.Error(err)
			}
		}
		for _, p := range c.Providers {
			if err := p.Check(); err != nil || !fictional.MatchString(p.Phone) {
				t.Errorf("provider %d: %v, phone %s", p.Number, err, p.Phone)
			}
		}
		for _, e := range c.Encounters {
			if err := e.Check(); err != nil {
				t.Errorf("encounter %d: %v", e.ID, err)
			}
		}
		for _, s := range c.Sessions {
			if err := s.Check(); err != nil || s.SID == "" {
				t.Errorf("session %s: %v", s.ID, err)
			}
		}
		for _, v := range c.Calls {
			if err := v.Check(); err != nil || v.CalledAt.After(now.Add(24*time.Hour)) {
				t.Errorf("call %s at %v: %v", v.ID, v.CalledAt, err)
			}
		}
	}
}

func TestIdsAreUniqueAndTheSameAtEveryStart(t *testing.T) {
	t.Parallel()
	ids := func() []string {
		var all []string
		for _, c := range Clinics() {
			for _, p := range c.Patients {
				all = append(all, p.ID)
			}
			for _, p := range c.Providers {
				all = append(all, p.ID)
			}
			for _, s := range c.Sessions {
				all = append(all, s.ID, s.SID)
			}
			for _, v := range c.Calls {
				all = append(all, v.ID)
			}
		}
		return all
	}
	first := ids()
	if !slices.Equal(first, ids()) {
		t.Error("ids differ between two starts")
	}
	sorted := slices.Sorted(slices.Values(first))
	if n := len(slices.Compact(sorted)); n != len(first) {
		t.Errorf("%d ids, %d of them different", len(first), n)
	}
}

func TestTheExampleOfTheReferenceIsAmongIt(t *testing.T) {
	t.Parallel()
	c := Clinics()[0]
	i := slices.IndexFunc(c.Encounters, func(e care.Encounter) bool { return e.ID == 13356 })
	if e := c.Encounters[i]; e.Patient != 202300001111 || e.Provider != 202200000834 {
		t.Errorf("encounter 13356 is of %d and %d", e.Patient, e.Provider)
	}
	var durations []int64
	recorded := ""
	for _, s := range c.Sessions {
		if s.Encounter != 13356 {
			continue
		}
		durations = append(durations, s.Duration())
		for _, r := range c.Recordings {
			if r.Owner.ID == s.ID {
				recorded += r.Name
			}
		}
	}
	if !slices.Equal(durations, []int64{30, 101}) || recorded != "1771585033302" {
		t.Errorf("durations %v, recording %s", durations, recorded)
	}
}

func TestThereIsSomethingOfEverything(t *testing.T) {
	t.Parallel()
	c := Clinics()[0]
	if len(c.Patients) < 30 || len(c.Providers) < 6 || len(c.Encounters) < 40 || len(c.Calls) < 150 || len(c.Recordings) < 8 {
		t.Errorf("%d patients, %d providers, %d encounters, %d calls, %d recordings", len(c.Patients), len(c.Providers), len(c.Encounters), len(c.Calls), len(c.Recordings))
	}
	calls, sessions, zones := map[string]bool{}, map[care.SessionStatus]bool{}, map[string]bool{}
	for _, v := range c.Calls {
		calls[string(v.Status)], calls[string(v.Direction)], calls[v.Source] = true, true, true
		if v.Voicemail {
			calls["voicemail"] = true
		}
	}
	for _, s := range c.Sessions {
		sessions[s.Status] = true
	}
	for _, p := range c.Providers {
		zones[p.TimeZone] = true
	}
	if want := len(care.CallStatuses()) + len(care.Directions()) + 2 + 1; len(calls) != want {
		t.Errorf("calls show %v, want %d kinds", calls, want)
	}
	if len(sessions) != len(care.SessionStatuses()) || len(zones) != len(c.Providers) {
		t.Errorf("sessions show %v, providers' zones %v", sessions, zones)
	}
}

func TestClipsAreHeardWhereTheirPeopleAre(t *testing.T) {
	t.Parallel()
	names, heard := map[string]bool{}, map[string]bool{}
	for _, c := range Clinics() {
		for _, r := range c.Recordings {
			clip := audio.Clips()[slices.IndexFunc(audio.Clips(), func(k audio.Clip) bool { return k.File == r.Clip })]
			if r.Owner.Kind == care.OwnerCall {
				i := slices.IndexFunc(c.Calls, func(v care.Call) bool { return v.ID == r.Owner.ID })
				v := c.Calls[i]
				p := c.Patients[slices.IndexFunc(c.Patients, func(p care.Patient) bool { return p.ID == v.Patient })]
				if p.FullName() != clip.Patient || v.Duration != int64(clip.Duration.Seconds()) || v.Voicemail != clip.Voicemail {
					t.Errorf("%s plays in a call of %s of %d s", r.Clip, p.FullName(), v.Duration)
				}
			}
			heard[r.Clip] = true
			if key := c.Instance.Tenant + r.Name; names[key] && r.Name != ambiguousName {
				t.Errorf("%s is there twice", r.Name)
			} else {
				names[key] = true
			}
		}
	}
	if len(heard) != len(audio.Clips()) {
		t.Errorf("%d of %d clips are heard", len(heard), len(audio.Clips()))
	}
	for name := range names {
		if own, other := strings.TrimPrefix(name, Tenant), OtherTenant+strings.TrimPrefix(name, Tenant); own != name && names[other] {
			t.Errorf("both tenants have %s", own)
		}
	}
}
