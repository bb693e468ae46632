package telehealth

import (
	"net/http"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
)

// wireReadings is the body of section 11's readings.
type wireReadings struct {
	patient  int64
	readings []wireReading
}

type wireReading struct {
	care.Reading
	kind string
}

func (in *wireReadings) rows() []row {
	return []row{
		integer("patient_id", &in.patient).must(),
		list("readings", &in.readings, care.MaxReadings, (*wireReading).rows).must(),
	}
}

func (v *wireReading) rows() []row {
	return []row{
		text("type", &v.kind, among(string(care.ReadingSleep), string(care.ReadingSteps), string(care.ReadingPulseOx))).must(),
		opaque("id", &v.Key), text("source", &v.Source), text("recorded_date", &v.Recorded).must(),
		count("total_inbed_minutes", &v.InBedMinutes), count("total_sleep_minutes", &v.AsleepMinutes), count("steps", &v.Steps),
		decimal("spo2_percent", &v.SpO2), decimal("pulse_bpm", &v.Pulse),
		domain(func() error {
			v.Kind = care.ReadingKind(v.kind)
			return v.Check()
		}),
	}
}

type wireReadingsKept struct {
	PatientID  int64 `json:"patient_id"`
	Accepted   int   `json:"accepted"`
	Duplicates int   `json:"duplicates"`
}

// addReadings takes what devices measured of a patient.
func (s *Surface) addReadings(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	var in wireReadings
	if err := decode(w, r, body{rows: in.rows()}); err != nil {
		return err
	}
	readings := make([]care.Reading, len(in.readings))
	for i, v := range in.readings {
		readings[i] = v.Reading
	}
	done, err := s.Chart.AddReadings(r.Context(), c.Actor, c.Scope, care.PersonRef{Number: in.patient}, readings)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, wireReadingsKept{in.patient, done.Accepted, done.Duplicates})
}
