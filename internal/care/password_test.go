package care_test

import (
	"strings"
	"testing"

	"chartline/internal/care"
)

func TestAPasswordThatAnybodyWouldTryIsNotTaken(t *testing.T) {
	t.Parallel()
	for _, password := range []string{
		"passwordpassword", "Password Password!", "PASSWORDPASSWORDPASS", "correct horse battery staple", "Correct-Horse-Battery-Staple", "123456789012345", "012345678901234567",
		"qwertyuiopasdfghjkl", "lkjhgfdsapoiuytrewq", "abcdefghijklmnop", "ponmlkjihgfedcba", "aaaaaaaaaaaaaaaa", "!!!!!!!!!!!!!!!!!", "abababababababab", "abcabcabcabcabcabc",
		"iloveyouiloveyou", "1qaz2wsx3edc4rfv", "thisisapassword", "chartlinechartline", "monkeymonkeymonkey", "letmeinletmeinlet", "fifteen characters", "2026202620262026",
		"Password1234567", "1234567password", "welcome!!!!!!!!2026", "password iloveyou", "correct horse battery staples", "Winter2026Winter2026!",
		"nadia@example.org", "Nadia@Example.org", "nadia nadia nadia", "okafor okafor okafor", "                ",
	} {
		if err := care.CheckPassword(password, 15, "nadia@example.org", "Okafor"); care.KindOf(err) != care.KindInvalid {
			t.Errorf("%q: %v", password, err)
		}
	}
}

func TestAPasswordThatNobodyWouldTryIsTaken(t *testing.T) {
	t.Parallel()
	for _, password := range []string{
		"a quiet river at dawn", "my password is a river", "nadia likes green tea", "kq7!mzpw-vd2+xt9", "12 quiet rivers 345", "пароль на рассвете", "静かな川の夜明けに石が歌う夏の午後", "🏥🌊🎈🍋🎻🧭🪁🐢🌵🚲🥨🦉🪴🧶🎯",
		strings.Repeat("many words make one password ", 10), "correct horse battery and staples", "tab\tand\nline break",
	} {
		if err := care.CheckPassword(password, 15, "nadia@example.org", "Okafor"); err != nil {
			t.Errorf("%q: %v", password, err)
		}
	}
	if err := care.CheckPassword("kq7mzpwx", 8); err != nil {
		t.Errorf("eight where eight are asked for: %v", err)
	}
}

func TestLengthIsCountedInCharacters(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]care.Kind{
		"fourteen chars": care.KindInvalid, "éüöäßñçøåæœłşž": care.KindInvalid, "with a \x00 inside it": care.KindInvalid, "with \xff\xfe inside it": care.KindInvalid,
		strings.Repeat("é7", 2048): care.KindTooLarge,
	} {
		if err := care.CheckPassword(password, 15); care.KindOf(err) != want {
			t.Errorf("%.20q: %v", password, err)
		}
	}
	if care.CheckPassword("éüöäßñçøåæœłşžđ", 15) != nil {
		t.Error("fifteen letters are too short")
	}
	if care.CheckPassword("kq7mzpw", 1) == nil {
		t.Error("seven are enough where somebody asks for one")
	}
}

func TestNoErrorRepeatsAPassword(t *testing.T) {
	t.Parallel()
	for _, password := range []string{"zebulon", "zebulon\x00zebulon!", strings.Repeat("zebulon", 1000), "zebulonzebulonzebulon"} {
		if err := care.CheckPassword(password, 15); err == nil || strings.Contains(err.Error(), "zebulon") {
			t.Errorf("got %v", err)
		}
	}
}

func TestALogInNamesItsFaultyFields(t *testing.T) {
	t.Parallel()
	good := care.PatientLogin(care.Patient{ID: "11111111-1111-4111-8111-111111111111", Number: care.PersonNumber(2026, 1), Email: " Nadia@Example.org "}, "", noon)
	if good.Email != "nadia@example.org" || good.PasswordAt != nil {
		t.Errorf("got %+v", good)
	}
	checkFields(t, map[string]checkCase{
		"a good one":                 {with(good, nil), nil},
		"no address":                 {with(good, func(l *care.Login) { l.Email = "" }), []string{"email"}},
		"an address in capitals":     {with(good, func(l *care.Login) { l.Email = "Nadia@example.org" }), []string{"email"}},
		"no such role":               {with(good, func(l *care.Login) { l.Role = "king" }), []string{"person", "role"}},
		"a patient who is nobody":    {with(good, func(l *care.Login) { l.Person = 0 }), []string{"person"}},
		"an auditor who is somebody": {with(good, func(l *care.Login) { l.Role = care.RoleAuditor }), []string{"person"}},
		"no id":                      {with(good, func(l *care.Login) { l.ID = "" }), []string{"id"}},
	})
}

func TestEveryRoleIsSomebody(t *testing.T) {
	t.Parallel()
	for _, role := range care.Roles() {
		l := care.Login{Scope: care.Scope{Tenant: "acme-health", Instance: "live"}, ID: "11111111-1111-4111-8111-111111111111", Role: role, Person: 202600000001}
		a := l.Actor()
		if a.Kind != care.ActorPerson || a.ID != l.ID || !a.MayUse(l.Scope) || a.MayUse(care.Scope{Tenant: "acme-health", Instance: "sandbox"}) {
			t.Errorf("%s: %+v", role, a)
		}
		if (a.Patient != "") != (role == care.RolePatient) || (a.Provider != 0) != (role == care.RoleProvider) {
			t.Errorf("%s is patient %q and provider %d", role, a.Patient, a.Provider)
		}
		for _, g := range care.RoleGrants(role) {
			if !care.ValidGrant(g) || !a.Holds(l.Scope, g, noon) {
				t.Errorf("%s does not hold %s", role, g)
			}
		}
	}
}
