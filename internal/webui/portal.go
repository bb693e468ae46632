package webui

import (
	"net/http"
	"strconv"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/logins"
)

// portalView is what a person sees of themselves.
type portalView struct {
	view
	Name    string
	Profile []fact
	// Appointments are to come, Past are over.
	Appointments, Past []appointmentView
	Zone               string // that their times are in
	Forms              []formLink
	IsPatient          bool
	Logout             string
}

type appointmentView struct{ When, Service, With, Status string }

type formLink struct{ Name, When, Path string }

// fact is one line of a profile.
type fact struct{ Name, Value string }

// portal shows a person their own page.
func (s *Surface) portal(w http.ResponseWriter, r *http.Request, v visitor) error {
	p, err := s.logins.Page(r.Context(), v.actor)
	if err != nil {
		return err
	}
	out := portalView{view: s.view("Your page"), Logout: logoutPath}
	out.Name, out.Profile = profile(p)
	out.IsPatient, out.Zone = p.Patient != nil, p.TimeZone
	zone := s.zone(p.TimeZone)
	for _, a := range p.Appointments {
		out.Appointments = append(out.Appointments, lowerAppointment(a, zone))
	}
	for _, a := range p.Past {
		out.Past = append(out.Past, lowerAppointment(a, zone))
	}
	for _, f := range p.Forms {
		out.Forms = append(out.Forms, formLink{Name: f.Name, When: f.CreatedAt.In(zone).Format(dateFormat), Path: formPath(f.ID)})
	}
	return s.pages.write(w, http.StatusOK, "portal.html", out)
}

const (
	dateFormat = "2 January 2006"
	timeFormat = "Monday 2 January 2006, 3:04 PM"
)

// zone is a time zone by its name; UTC for one that is not known.
func (s *Surface) zone(name string) *time.Location {
	if zone, err := s.zones.Load(name); err == nil {
		return zone
	}
	return time.UTC
}

func lowerAppointment(a logins.Appointment, zone *time.Location) appointmentView {
	words := map[care.AppointmentStatus]string{
		care.AppointmentBooked: "booked", care.AppointmentCheckedIn: "checked in", care.AppointmentStarted: "took place",
		care.AppointmentCancelled: "cancelled", care.AppointmentNoShow: "missed",
	}
	return appointmentView{When: a.Start.In(zone).Format(timeFormat), Service: a.Service, With: a.With, Status: words[a.Status]}
}

func profile(p logins.Page) (string, []fact) {
	var name string
	var all []fact
	switch {
	case p.Patient != nil:
		v := p.Patient
		name = v.FullName()
		all = []fact{
			{"Patient number", strconv.FormatInt(v.Number, 10)}, {"Record number", v.MRN}, {"Date of birth", v.BirthDate}, {"Gender", genderWord(v.Gender)},
			{"E-mail", v.Email}, {"Phone", phone(v.CountryCode, v.Phone)}, {"Time zone", v.TimeZone},
		}
	case p.Provider != nil:
		v := p.Provider
		name = care.FullName(v.FullName(), v.Title)
		all = []fact{
			{"Provider number", strconv.FormatInt(v.Number, 10)}, {"E-mail", v.Email}, {"Phone", phone(v.CountryCode, v.Phone)}, {"Time zone", v.TimeZone},
		}
	default:
		name = p.Login.Email
	}
	all = append(all, fact{"Logs in as", p.Login.Email}, fact{"Role", string(p.Login.Role)})
	return name, known(all)
}

// known leaves out what nobody has said.
func known(all []fact) []fact {
	var out []fact
	for _, f := range all {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	return out
}

func phone(code, digits string) string {
	if digits == "" {
		return ""
	}
	return care.FullName(code, digits)
}

func genderWord(g string) string {
	if g == "prefer_not_to_say" {
		return "prefer not to say"
	}
	return g
}
