package telehealth

import (
	"net/http"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
	"chartline/internal/clinic/practice"
)

// wireAssign is the body of section 7.
type wireAssign struct {
	patient   int64
	service   wireService
	provider  string
	startDate string
	endDate   string
}

func (in *wireAssign) rows() []row {
	return append(in.service.rows(),
		integer("patient_id", &in.patient).must(), oneOf{"service_id", "service"},
		email("provider_email", &in.provider), text("start_date", &in.startDate, isDate()), text("end_date", &in.endDate, isDate()),
		domain(in.inOrder),
	)
}

// inOrder names an end before the start.
func (in *wireAssign) inOrder() error {
	for _, date := range []string{in.startDate, in.endDate} {
		if _, ok := care.ParseDate(date); !ok {
			return nil // faulty, which is told; or absent: today counts, which is looked up inside
		}
	}
	return assignNames(in).in((&care.Assignment{StartDate: in.startDate, EndDate: in.endDate}).Check())
}

func assignNames(in *wireAssign) wireNames {
	return wireNames{
		map[string]string{"startDate": "start_date", "endDate": "end_date"},
		map[string]string{"provider": "provider_email", "service": in.service.field()},
	}
}

type wireAssigned struct {
	AssignmentID string          `json:"assignment_id"`
	PatientID    int64           `json:"patient_id"`
	Service      wireServiceName `json:"service"`
}

type wireServiceName struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// assignService is section 7: a patient is given a service.
func (s *Surface) assignService(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	var in wireAssign
	if err := decode(w, r, body{rows: in.rows()}); err != nil {
		return err
	}
	ask := practice.NewAssignment{
		Scope: c.Scope, Patient: care.PersonRef{Number: in.patient}, Service: in.service.ref(), StartDate: in.startDate, EndDate: in.endDate,
	}
	if in.provider != "" {
		ask.Provider = &practice.ProviderRef{Email: in.provider}
	}
	done, err := s.Practice.Assign(r.Context(), c.Actor, ask, nil)
	if err != nil {
		return assignNames(&in).in(err)
	}
	a := done.Assignment
	return answer(w, http.StatusOK, wireAssigned{a.ID, a.Patient, wireServiceName{done.Service.ID, done.Service.Name}})
}

// wireSlotQuery is the body of section 9.
type wireSlotQuery struct {
	provider string
	service  int64
	date     string
	timeZone string
}

func (in *wireSlotQuery) rows() []row {
	return []row{
		email("provider_email", &in.provider).must(), integer("service_id", &in.service).must(),
		text("date", &in.date, isDate()).must(), text("timezone", &in.timeZone, isZone()),
	}
}

type wireSlots struct {
	AvailableSlots []string `json:"available_slots"`
}

// appointmentSlots is section 9: when a provider is free.
func (s *Surface) appointmentSlots(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	var in wireSlotQuery
	if err := decode(w, r, body{rows: in.rows()}); err != nil {
		return err
	}
	found, err := s.Practice.Slots(r.Context(), c.Actor, practice.SlotQuery{
		Scope: c.Scope, Provider: practice.ProviderRef{Email: in.provider}, Service: practice.ServiceRef{ID: in.service}, Date: in.date, TimeZone: in.timeZone,
	})
	if err != nil {
		return wireNames{nouns: map[string]string{"provider": "provider_email", "service": "service_id"}}.in(err)
	}
	return httpio.WriteJSON(w, http.StatusOK, wireSlots{care.ClockTimes(found.Times, found.Zone)})
}
