package webui

import (
	"net/http"
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
	PastCut, FormsCut  bool
	IsPatient          bool
}

type appointmentView struct {
	When                         timeView
	Own                          string // the same in the person's own zone, where that is another time
	Service, With, Status, About string
}

type formLink struct {
	Name, Path string
	When       timeView
}

// portal shows a person their own page.
func (s *Surface) portal(w http.ResponseWriter, r *http.Request, v visitor) error {
	p, err := s.logins.Page(r.Context(), v.actor)
	if err != nil {
		return err
	}
	out := portalView{view: s.insideView(w, v, "Your page", p.Practice), Zone: p.TimeZone, PastCut: p.PastCut, FormsCut: p.FormsCut, IsPatient: p.Patient != nil}
	out.Name, out.Profile = profile(p)
	zone := s.zone(p.TimeZone)
	for _, a := range p.Appointments {
		out.Appointments = append(out.Appointments, s.lowerAppointment(a, zone, p.OwnZone))
	}
	for _, a := range p.Past {
		out.Past = append(out.Past, s.lowerAppointment(a, zone, p.OwnZone))
	}
	for _, f := range p.Forms {
		out.Forms = append(out.Forms, formLink{Name: f.Name, When: shownTime(f.CreatedAt, zone), Path: formPath(f.ID)})
	}
	return s.pages.write(w, http.StatusOK, "portal.html", out)
}

// zone is a time zone by its name; UTC for one that is not known.
func (s *Surface) zone(name string) *time.Location {
	if zone, err := s.zones.Load(name); err == nil {
		return zone
	}
	return time.UTC
}

func (s *Surface) lowerAppointment(a logins.Appointment, zone *time.Location, own string) appointmentView {
	words := map[care.AppointmentStatus]string{
		care.AppointmentBooked: "booked", care.AppointmentCheckedIn: "checked in", care.AppointmentStarted: "took place",
		care.AppointmentCancelled: "cancelled", care.AppointmentNoShow: "missed",
	}
	out := appointmentView{When: shownSpan(a.Start, a.End(), zone), Service: a.Service, With: a.With, Status: words[a.Status]}
	if a.With != "" { // a patient's own words, for the patient
		out.About = a.Complaint
	}
	if there := s.zone(own); own != "" && a.Start.In(there).Format(timeFormat) != a.Start.In(zone).Format(timeFormat) {
		out.Own = shownTime(a.Start, there).Text + " in your own zone, " + own
	}
	return out
}
