package webui_test

import (
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/chart"
	"chartline/internal/clinic/people"
	"chartline/internal/clinic/practice"
	"chartline/internal/testkit"
)

// booked gives the site a provider who logs in, and books with them.
func (s *site) booked(t *testing.T, people ...care.Patient) care.Provider {
	t.Helper()
	ctx, operator := t.Context(), testkit.Operator()
	d, err := s.People.CreateProvider(ctx, operator, care.Provider{Scope: live, FirstName: "Ines", LastName: "Brandt", Title: "MD", Email: "ines@example.org"}, nil)
	must(t, err)
	s.staff(t, care.RoleProvider, care.PersonRef{Number: d.Number}, "")
	s.setPassword(t, "ines@example.org", password)
	_, err = s.Practice.CreateService(ctx, operator, care.Service{Scope: live, ID: 1, Name: "Consultation", Minutes: 30}, nil)
	must(t, err)
	for i, p := range people {
		_, err := s.Practice.Book(ctx, operator, practice.Booking{
			Scope: live, Patient: care.PersonRef{ID: p.ID}, Provider: practice.ProviderRef{PersonRef: care.PersonRef{Number: d.Number}},
			Service: practice.ServiceRef{ID: 1}, Start: time.Date(2026, 3, 20, 14+i, 0, 0, 0, time.UTC),
		}, nil)
		must(t, err)
	}
	return d
}

// sent is a form of a patient, from a partner.
func (s *site) sent(t *testing.T, p care.Patient, name, responses string) care.Form {
	t.Helper()
	f, err := s.Chart.SubmitForm(t.Context(), testkit.Operator(), chart.NewForm{
		Scope: live, Patient: care.PersonRef{ID: p.ID}, Name: name, Responses: []byte(responses), Field: "form_responses",
	})
	must(t, err)
	return f
}

func (s *site) in(t *testing.T, email string) *browser {
	t.Helper()
	b := s.browser(t)
	b.post(t, "/portal/login/acme-health/live", url.Values{"email": {email}, "password": {password}}).is(t, 303)
	return b
}

func TestAPatientSeesTheirAppointmentsInTheirTime(t *testing.T) {
	t.Parallel()
	s := open(t)
	omar := s.person(t, "Omar", "Haddad", "omar@example.org", password)
	s.booked(t, s.patient, omar)
	nadia := s.in(t, "nadia@example.org")
	page := nadia.get(t, "/portal")
	page.is(t, 200, "Friday 20 March 2026, 10:00 AM", "Consultation with Ines Brandt MD", "booked", "America/New_York")
	if strings.Contains(page.body, "11:00 AM") || strings.Contains(page.body, "Omar") {
		t.Errorf("somebody else's is shown: %s", page.body)
	}
	provider := s.in(t, "ines@example.org").get(t, "/portal")
	provider.is(t, 200, "Friday 20 March 2026, 10:00 AM", "Friday 20 March 2026, 11:00 AM", "Consultation")
	for _, name := range []string{"Nadia", "Omar", "Okafor", "Haddad"} {
		if strings.Contains(provider.body, name) {
			t.Errorf("the provider's page names %s", name)
		}
	}
	s.Clock.Move(48 * time.Hour)
	s.in(t, "nadia@example.org").get(t, "/portal").is(t, 200, "None are booked.", "Earlier", "10:00 AM")
}

func TestAPatientReadsTheirFormsAndNobodyElses(t *testing.T) {
	t.Parallel()
	s := open(t)
	omar := s.person(t, "Omar", "Haddad", "omar@example.org", password)
	own := s.sent(t, s.patient, "Intake <b>", `[{"question_type": "single_option", "text": "Do you smoke?", "answer": {"text": "yes", "subquestion":
		{"question_type": "description", "text": "How much?", "answer": [{"text": "<script>alert(1)</script>\ntwo a day"}]}}},
		{"question_type": "table", "text": "Medicines", "answer": [["Aspirin", 100, true], ["Iron", null, {"text": "daily"}]]},
		{"question_type": "text", "text": "Anything else?", "answer": []}]`)
	others := s.sent(t, omar, "Intake", `[{"question_type": "text", "text": "Well?", "answer": {"text": "Omar is well"}}]`)
	b := s.in(t, "nadia@example.org")
	page := b.get(t, "/portal")
	page.is(t, 200, `href="/portal/forms/`+own.ID+`"`, "Intake &lt;b&gt;", "18 March 2026")
	if strings.Contains(page.body, others.ID) {
		t.Error("another patient's form is listed")
	}
	form := b.get(t, "/portal/forms/"+own.ID)
	form.is(t, 200, "Do you smoke?", "How much?", "&lt;script&gt;alert(1)&lt;/script&gt;\ntwo a day", "<tr><td>Aspirin</td><td>100</td><td>true</td></tr>", "<tr><td>Iron</td><td></td><td>daily</td></tr>", "Not answered")
	another, nobody := b.get(t, "/portal/forms/"+others.ID), b.get(t, "/portal/forms/00000000-0000-4000-8000-000000000000")
	another.is(t, 404)
	if another.body != nobody.body {
		t.Errorf("another patient's form answers %s, nobody's %s", another.body, nobody.body)
	}
	for _, bad := range []string{"x", "..%2f..%2fetc", strings.Repeat("9", 300), "%00"} {
		b.get(t, "/portal/forms/"+bad).is(t, 404)
	}
	s.browser(t).get(t, "/portal/forms/"+own.ID).is(t, 401)
}

func TestAProviderReadsFormsOfTheirOwnPatientsOnly(t *testing.T) {
	t.Parallel()
	s := open(t)
	d := s.booked(t)
	f := s.sent(t, s.patient, "Intake", `[{"question_type": "text", "text": "Well?", "answer": {"text": "Nadia is well"}}]`)
	b := s.in(t, "ines@example.org")
	b.get(t, "/portal/forms/"+f.ID).is(t, 403)
	_, err := s.People.AddToCareTeam(t.Context(), testkit.Operator(), live, care.PersonRef{ID: s.patient.ID}, care.PersonRef{Number: d.Number}, "lead", nil)
	must(t, err)
	b.get(t, "/portal/forms/"+f.ID).is(t, 200, "Nadia is well")
}

func TestTheProfileIsAllThatIsKnown(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx, operator := t.Context(), testkit.Operator()
	text := func(v string) *string { return &v }
	_, err := s.People.ChangePatientDetails(ctx, operator, live, care.PersonRef{ID: s.patient.ID}, people.DetailsChange{
		EmailAlt: text("nadia.home@example.org"), Phone2: text("2125550143"), CountryCode2: text("+1"), Address1: text("12 Juniper Lane"), City: text("Albany"),
		State: text("NY"), PostCode: text("12207"), Country: text("United States"), Language: text("fr-ca"), Height: text("168"), HeightUnit: text("cm"), Weight: text("71.5"), WeightUnit: text("kg"),
	})
	must(t, err)
	_, err = s.People.ChangePatient(ctx, operator, live, care.PersonRef{ID: s.patient.ID}, people.PatientChange{
		BirthDate: text("1979-03-14"), Gender: text("prefer_not_to_say"), MRN: text("MRN-7"), Phone: text("2125550142"), CountryCode: text("+1"), TimeZone: text("Europe/London"),
	})
	must(t, err)
	s.booked(t, s.patient)
	page := s.in(t, "nadia@example.org").get(t, "/portal")
	page.is(t, 200, "14 March 1979", "prefer not to say", "MRN-7", "nadia.home@example.org", "&#43;1 2125550142", "&#43;1 2125550143", "12 Juniper Lane\nAlbany NY 12207\nUnited States",
		"French (Canada)", "168 cm", "71.5 kg", "Europe/London", "Friday 20 March 2026, 10:00 AM – 10:30 AM EDT", "Friday 20 March 2026, 2:00 PM GMT in your own zone, Europe/London",
		"<title>Your page – acme-health</title>")
	if got := page.Header.Get("Refresh"); got != "900;url=/portal/login/acme-health/live?away" {
		t.Errorf("the page is left by %q", got)
	}
}

func TestAFormLeadsToItsFiles(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.person(t, "Omar", "Haddad", "omar@example.org", password)
	sent := false
	files, err := s.Chart.Upload(t.Context(), testkit.Operator(), live, "files", func() (chart.Incoming, error) {
		if sent {
			return chart.Incoming{}, io.EOF
		}
		sent = true
		return chart.Incoming{Name: `re"ferral.pdf`, Body: strings.NewReader("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")}, nil
	})
	must(t, err)
	f := s.sent(t, s.patient, "Intake", `[{"question_type": "file", "text": "A referral", "answer": [{"uuid": "`+files[0].ID+`"}]}]`)
	b := s.in(t, "nadia@example.org")
	path := "/portal/files/" + files[0].ID
	b.get(t, "/portal/forms/"+f.ID).is(t, 200, `href="`+path+`"`, "ferral.pdf", "PDF, 45 bytes")
	file := b.get(t, path)
	file.is(t, 200, "%PDF-1.4")
	if h := file.Header; !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("got %v", h)
	}
	s.in(t, "omar@example.org").get(t, path).is(t, 404)
	s.browser(t).get(t, path).is(t, 401)
}

func TestWhoIsNotInIsAskedInWhereThereIsOnePractice(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.browser(t).get(t, "/portal").is(t, 401, "You are not logged in.", `action="/portal/login/acme-health/live"`)
	s.Tenant(t, "birch-clinic", "live")
	several := s.browser(t).get(t, "/portal")
	several.is(t, 401, "You are not logged in", "the address that your practice gave you")
	if strings.Contains(several.body, "<form") || strings.Contains(several.body, "acme") {
		t.Errorf("one of several practices is named: %s", several.body)
	}
}
