package storetest

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chartline/internal/care"
	"chartline/internal/store"
)

// openPractice opens a ward that can be booked.
func openPractice(t tb, s store.Store, tenant string) (ward, bookings) {
	t.Helper()
	w := openWard(t, s, tenant, "live")
	b := bookingsOf(w, 1)
	update(t, s, b.create)
	return w, b
}

func appointmentTests() []test {
	return []test{
		{"Of a hundred who want one time, one gets it", hundredWantOne},
		{"A provider's time is never given twice, whatever is booked, moved and cancelled", neverTwice},
		{"Cancelled time is free, and taken time cannot be taken back", func(t *testing.T, s store.Store) {
			w, b := openPractice(t, s, "acme-health")
			a := b.Appointment
			a.Status = care.AppointmentCancelled
			update(t, s, func(tx store.Tx) error { return tx.UpdateAppointment(a) })
			other := w.appointment(2, w.Patient, w.Provider, b.Service)
			other.Start = a.Start
			update(t, s, func(tx store.Tx) error { return tx.CreateAppointment(other) })
			a.Status = care.AppointmentBooked
			conflicts(t, s, func(tx store.Tx) error { return tx.UpdateAppointment(a) }, "start")
		}},
		{"An appointment may move into its own time", func(t *testing.T, s store.Store) {
			w, b := openPractice(t, s, "acme-health")
			a := b.Appointment
			a.Start = a.Start.Add(10 * time.Minute)
			update(t, s, func(tx store.Tx) error { return tx.UpdateAppointment(a) })
			before := w.appointment(2, w.Patient, w.Provider, b.Service)
			before.Start = a.Start.Add(-40 * time.Minute)
			update(t, s, func(tx store.Tx) error { return tx.CreateAppointment(before) })
		}},
		{"Another provider's time is another's", func(t *testing.T, s store.Store) {
			w, b := openPractice(t, s, "acme-health")
			d := w.provider(2)
			other := w.appointment(2, w.Patient, d, b.Service)
			other.Start = b.Appointment.Start
			update(t, s, func(tx store.Tx) error {
				return all(func() error { return tx.CreateProvider(d) }, func() error { return tx.CreateAppointment(other) })
			})
			other.Provider = w.Provider.Number
			conflicts(t, s, func(tx store.Tx) error { return tx.UpdateAppointment(other) }, "start")
		}},
		{"An agenda has what overlaps, buffers too", func(t *testing.T, s store.Store) {
			w, b := openPractice(t, s, "acme-health")
			want := []care.Appointment{b.Appointment}
			for _, n := range []int{7, 3, 5} {
				a := w.appointment(n, w.Patient, w.Provider, b.Service)
				want = append(want, a)
				update(t, s, func(tx store.Tx) error { return tx.CreateAppointment(a) })
			}
			slices.SortFunc(want, func(a, b care.Appointment) int { return a.Start.Compare(b.Start) })
			agenda := func(from, until time.Time) []care.Appointment {
				return get(t, s, func(tx store.Tx) ([]care.Appointment, error) {
					return tx.Agenda(w.Scope, w.Provider.Number, from, until)
				})
			}
			equal(t, agenda(hour(0), hour(24)), want)
			equal(t, agenda(hour(3).Add(39*time.Minute), hour(7)), want[1:3])
			equal(t, agenda(hour(3).Add(40*time.Minute), hour(7).Add(time.Microsecond)), want[2:])
			equal(t, agenda(hour(8), hour(24)), nil)
		}},
		{"Details are those of the people asked for", func(t *testing.T, s store.Store) {
			c := openClinic(t, s, "acme-health", "live")
			for n := 1; n <= 4; n++ {
				update(t, s, func(tx store.Tx) error { return tx.CreatePatient(c.patient(n)) })
				if n != 2 {
					update(t, s, func(tx store.Tx) error { return tx.PutDetails(c.details(c.patient(n).Number)) })
				}
			}
			got := get(t, s, func(tx store.Tx) ([]care.Details, error) {
				return tx.Details(c.Scope, c.patient(1).Number, c.patient(3).Number)
			})
			equal(t, got, []care.Details{c.details(c.patient(1).Number), c.details(c.patient(3).Number)})
		}},
		{"Providers are found by address in any case, and nobody by none", func(t *testing.T, s store.Store) {
			c := openClinic(t, s, "acme-health", "live")
			a, b, without := c.provider(1), c.provider(2), c.provider(3)
			a.Email, b.Email = "Ines.Brandt@example.org", "ines.brandt@EXAMPLE.org"
			update(t, s, func(tx store.Tx) error { return each([]care.Provider{b, a, without}, tx.CreateProvider) })
			for email, want := range map[string][]care.Provider{"INES.brandt@example.org": {a, b}, "": nil, "ines@example.org": nil} {
				got := get(t, s, func(tx store.Tx) ([]care.Provider, error) { return tx.ProvidersByEmail(c.Scope, email, 5) })
				equal(t, got, want)
			}
		}},
		{"Registrations are replaced, and forgotten when they are old", func(t *testing.T, s store.Store) {
			w, b := openPractice(t, s, "acme-health")
			r := b.Registration
			r.At = at(50)
			update(t, s, func(tx store.Tx) error { return tx.PutRegistration(r) })
			read := func(tx store.Tx) (care.Registration, error) { return tx.Registration(w.Scope, r.Client, r.Fingerprint) }
			equal(t, get(t, s, read), r)
			absent(t, s, func(tx store.Tx) (care.Registration, error) { return tx.Registration(w.Scope, "other", r.Fingerprint) })
			forget := func(before time.Time) int {
				var n int
				update(t, s, func(tx store.Tx) (err error) { n, err = tx.DeleteRegistrations(before, 10); return err })
				return n
			}
			equal(t, forget(at(50)), 0)
			equal(t, forget(at(51)), 1)
			absent(t, s, read)
		}},
	}
}

func hundredWantOne(t *testing.T, s store.Store) {
	w, b := openPractice(t, s, "acme-health")
	got := make([]error, 100)
	together(t, 100, func(g int) error {
		got[g] = s.Update(within(t), func(tx store.Tx) error {
			id, err := tx.NextAppointment(w.Scope)
			if err != nil {
				return err
			}
			a := w.appointment(int(id), w.Patient, w.Provider, b.Service)
			a.Start = hour(48).Add(time.Duration(5*(g%4)) * time.Minute)
			return tx.CreateAppointment(a)
		})
		if got[g] != nil && (care.KindOf(got[g]) != care.KindConflict || field(got[g]) != "start") {
			return got[g]
		}
		return nil
	})
	booked := slices.DeleteFunc(got, func(err error) bool { return err != nil })
	agenda := get(t, s, func(tx store.Tx) ([]care.Appointment, error) {
		return tx.Agenda(w.Scope, w.Provider.Number, hour(40), hour(60))
	})
	equal(t, []int{len(booked), len(agenda)}, []int{1, 1})
}

// neverTwice draws changes and compares what is booked with a list that is
// looked through by hand.
func neverTwice(t *testing.T, s store.Store) {
	w, b := openPractice(t, s, "acme-health")
	update(t, s, func(tx store.Tx) error {
		a := b.Appointment
		a.Status = care.AppointmentCancelled
		return tx.UpdateAppointment(a)
	})
	id := 100
	rapid.Check(t, func(r *rapid.T) {
		var booked []care.Appointment
		day := 24 * (10 + id)
		for range rapid.IntRange(5, 25).Draw(r, "changes") {
			id++
			a := w.appointment(id, w.Patient, w.Provider, b.Service)
			i := -1
			if len(booked) > 0 && rapid.Bool().Draw(r, "change one") {
				i = rapid.IntRange(0, len(booked)-1).Draw(r, "which")
				a = booked[i]
			}
			if i >= 0 && rapid.Bool().Draw(r, "cancel or book again") {
				if a.Holds() {
					a.Status = care.AppointmentCancelled
				} else {
					a.Status = care.AppointmentBooked
				}
			} else {
				a.Start = hour(day).Add(time.Duration(rapid.IntRange(0, 30).Draw(r, "start")) * 5 * time.Minute)
				a.Minutes = 5 * rapid.Int64Range(1, 9).Draw(r, "minutes")
				a.BufferMinutes = 5 * rapid.Int64Range(0, 3).Draw(r, "buffer")
			}
			free := !a.Holds() || !slices.ContainsFunc(booked, func(o care.Appointment) bool {
				return o.ID != a.ID && o.Holds() && o.Held().Overlaps(a.Held())
			})
			err := s.Update(within(r), func(tx store.Tx) error {
				if i >= 0 {
					return tx.UpdateAppointment(a)
				}
				return tx.CreateAppointment(a)
			})
			if free != (err == nil) || err != nil && care.KindOf(err) != care.KindConflict {
				r.Fatalf("free is %t, and the answer %v", free, err)
			}
			switch {
			case err != nil:
			case i >= 0:
				booked[i] = a
			default:
				booked = append(booked, a)
			}
		}
		slices.SortFunc(booked, func(a, b care.Appointment) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID)) })
		equal(r, get(r, s, func(tx store.Tx) ([]care.Appointment, error) {
			return tx.Agenda(w.Scope, w.Provider.Number, hour(day), hour(day+24))
		}), booked)
		for _, a := range booked {
			a.Status = care.AppointmentCancelled
			update(r, s, func(tx store.Tx) error { return tx.UpdateAppointment(a) })
		}
	})
}

func serviceListing() listing {
	return listingOf("services",
		func(tx store.Tx, w ward, n int) error { return tx.CreateService(w.service(10 + shuffled(n))) },
		func(tx store.Tx, w ward, after int64, limit int) ([]care.Service, error) {
			return tx.Services(w.Scope, after, limit)
		},
		func(v care.Service) int64 { return v.ID }, cmp.Compare[int64])
}

func appointmentListing(name string, filter func(ward) care.AppointmentFilter) listing {
	return listingOf(name,
		func(tx store.Tx, w ward, n int) error {
			if _, err := tx.Service(w.Scope, 1); care.IsNotFound(err) {
				if err := tx.CreateService(w.service(1)); err != nil {
					return err
				}
			}
			return tx.CreateAppointment(w.appointment(10+shuffled(n), w.Patient, w.Provider, w.service(1)))
		},
		func(tx store.Tx, w ward, after int64, limit int) ([]care.Appointment, error) {
			return tx.Appointments(w.Scope, filter(w), after, limit)
		},
		func(v care.Appointment) int64 { return v.ID }, cmp.Compare[int64])
}

func bookingListings() []listing {
	return []listing{
		serviceListing(),
		appointmentListing("appointments", func(ward) care.AppointmentFilter { return care.AppointmentFilter{} }),
		appointmentListing("appointments of a patient", func(w ward) care.AppointmentFilter { return care.AppointmentFilter{Patient: w.Patient.Number} }),
		appointmentListing("appointments with a provider", func(w ward) care.AppointmentFilter { return care.AppointmentFilter{Provider: w.Provider.Number} }),
		appointmentListing("appointments of a patient with a provider", func(w ward) care.AppointmentFilter {
			return care.AppointmentFilter{Patient: w.Patient.Number, Provider: w.Provider.Number}
		}),
	}
}

func bookingTrips() []test {
	hours := func(round int) care.Week {
		var w care.Week
		w[round] = care.Spans{{From: 60, Until: 120 + 5*round}, {From: 300, Until: 1440}}
		return w
	}
	return []test{
		trip[care.Practice]{
			noun: "a practice",
			of: func(w ward, round int) care.Practice {
				v := filled[care.Practice](round)
				v.Scope, v.CreatedAt, v.Hours = w.Scope, epoch, hours(round)
				return v
			},
			create: store.Tx.CreatePractice,
			read: func(tx store.Tx, v care.Practice) (care.Practice, error) {
				return tx.PracticeByCode(v.Tenant, v.CustomerCode)
			},
			update: store.Tx.UpdatePractice,
			bare: func(v *care.Practice) {
				v.SignupHash, v.Languages, v.Hours, v.NoticeMinutes, v.HorizonDays = nil, nil, care.Week{}, 0, 0
			},
		}.test(),
		trip[care.Service]{
			noun: "a service",
			of: func(w ward, round int) care.Service {
				v := filled[care.Service](round)
				v.Scope, v.ID, v.CreatedAt, v.Retired = w.Scope, 17, epoch, true
				return v
			},
			create: store.Tx.CreateService,
			read:   func(tx store.Tx, v care.Service) (care.Service, error) { return tx.ServiceByName(v.Scope, v.Name) },
			update: store.Tx.UpdateService,
			bare:   func(v *care.Service) { v.BufferMinutes, v.Retired = 0, false },
		}.test(),
		trip[care.Assignment]{
			noun: "an assignment",
			of: func(w ward, round int) care.Assignment {
				v := filled[care.Assignment](round)
				v.Scope, v.ID, v.CreatedAt = w.Scope, uid("trip", 1), epoch
				v.Patient, v.Service, v.Provider = w.Patient.Number, 1, &w.Provider.Number
				return v
			},
			create: func(tx store.Tx, v care.Assignment) error {
				return all(func() error { return tx.CreateService(clinicOf(v.Tenant, v.Instance).service(1)) }, func() error { return tx.CreateAssignment(v) })
			},
			read:   func(tx store.Tx, v care.Assignment) (care.Assignment, error) { return tx.Assignment(v.Scope, v.ID) },
			update: store.Tx.UpdateAssignment,
			bare:   func(v *care.Assignment) { v.EndDate = "" },
		}.test(),
		trip[care.Details]{
			noun: "details",
			of: func(w ward, round int) care.Details {
				v := filled[care.Details](round)
				v.Scope, v.Person = w.Scope, w.Provider.Number
				return v
			},
			create: store.Tx.PutDetails,
			read: func(tx store.Tx, v care.Details) (care.Details, error) {
				return only(tx.Details(v.Scope, v.Person, v.Person))
			},
			bare: func(v *care.Details) { *v = care.Details{Scope: v.Scope, Person: v.Person} },
		}.test(),
		trip[care.Schedule]{
			noun: "a schedule",
			of: func(w ward, round int) care.Schedule {
				v := filled[care.Schedule](round)
				h := hours(round)
				v.Scope, v.Provider, v.Hours = w.Scope, w.Provider.Number, &h
				return v
			},
			create: store.Tx.PutSchedule,
			read:   func(tx store.Tx, v care.Schedule) (care.Schedule, error) { return tx.Schedule(v.Scope, v.Provider) },
			bare:   func(v *care.Schedule) { v.Hours, v.Services = nil, nil },
		}.test(),
		trip[care.ScheduleDay]{
			noun: "a day of a schedule",
			of: func(w ward, round int) care.ScheduleDay {
				v := filled[care.ScheduleDay](round)
				v.Scope, v.Provider, v.Date, v.Spans = w.Scope, w.Provider.Number, "2026-03-18", hours(round)[round]
				return v
			},
			create: store.Tx.PutScheduleDay,
			read: func(tx store.Tx, v care.ScheduleDay) (care.ScheduleDay, error) {
				return only(tx.ScheduleDays(v.Scope, v.Provider, v.Date, v.Date))
			},
			bare: func(v *care.ScheduleDay) { v.Spans, v.Note = nil, "" },
		}.test(),
		trip[care.Appointment]{
			noun: "an appointment",
			of: func(w ward, round int) care.Appointment {
				v := filled[care.Appointment](round)
				v.Scope, v.ID, v.CreatedAt = w.Scope, 17, epoch
				v.Patient, v.Provider, v.Service = w.patient(1+round).Number, w.provider(1+round).Number, int64(1+round)
				v.Encounter, v.Minutes, v.BufferMinutes = ptr(int64(1+round)), int64(30+round), int64(10+round)
				return v
			},
			create: func(tx store.Tx, v care.Appointment) error {
				c := clinicOf(v.Tenant, v.Instance)
				return all(
					func() error { return each([]care.Service{c.service(1), c.service(2)}, tx.CreateService) },
					func() error { return tx.CreateAppointment(v) },
				)
			},
			read:   func(tx store.Tx, v care.Appointment) (care.Appointment, error) { return tx.Appointment(v.Scope, v.ID) },
			update: store.Tx.UpdateAppointment,
			bare:   func(v *care.Appointment) { v.BufferMinutes, v.Complaint, v.Reason, v.Encounter = 0, "", "", nil },
		}.test(),
	}
}
