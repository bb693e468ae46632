package sqlstore

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"chartline/internal/care"
)

// A visit is one statement: a row for each recording of each of its sessions, at
// least one, with the rest repeated.
const (
	colsVisit = `
	SELECT e.id, e.complaint, e.created_at, e.updated_at,
		p.id, p.number, p.first_name, p.middle_name, p.last_name, p.birth_date, p.gender, p.email, p.phone,
		p.country_code, p.time_zone, p.mrn, p.external_id, p.created_at, p.updated_at,
		v.id, v.number, v.first_name, v.middle_name, v.last_name, v.title, v.gender, v.email, v.phone,
		v.country_code, v.time_zone, v.created_at, v.updated_at, i.time_zone,
		s.id, c.id, c.name, c.created_at, s.sid, s.status, s.started_at, s.ended_at, s.reported, s.others, s.created_at, s.updated_at`
	colsVisitJoined = `
	JOIN patient p ON p.tenant = e.tenant AND p.instance = e.instance AND p.number = e.patient
	JOIN provider v ON v.tenant = e.tenant AND v.instance = e.instance AND v.number = e.provider
	JOIN instance i ON i.tenant = e.tenant AND i.instance = e.instance` + colsVisitSessions
	colsVisitSessions = `
	LEFT JOIN video_session s ON s.tenant = e.tenant AND s.instance = e.instance AND s.encounter = e.id
	LEFT JOIN recording c ON c.tenant = s.tenant AND c.instance = s.instance AND c.owner_kind = 'session' AND c.owner_id = s.id
		AND c.deleted_at IS NULL AND c.withheld_at IS NULL
		AND (c.consent = 'given' OR c.consent = 'unknown' AND NOT i.unknown_consent_refused)`
	sqlVisit = colsVisit + `
	FROM encounter e` + colsVisitJoined + `
	WHERE e.tenant = $1 AND e.instance = $2 AND e.id = $3`
	sqlVisitNamed = colsVisit + `, r.id
	FROM recording r
	JOIN instance i ON i.tenant = r.tenant AND i.instance = r.instance
	LEFT JOIN encounter e ON e.tenant = r.tenant AND e.instance = r.instance AND e.id = r.encounter
	LEFT JOIN patient p ON p.tenant = e.tenant AND p.instance = e.instance AND p.number = e.patient
	LEFT JOIN provider v ON v.tenant = e.tenant AND v.instance = e.instance AND v.number = e.provider` + colsVisitSessions + `
	WHERE r.tenant = $1 AND r.instance = $2 AND r.form = $3 AND r.name = $4
		AND r.name_status <> 'dismissed' AND r.deleted_at IS NULL AND r.withheld_at IS NULL
		AND (r.consent = 'given' OR r.consent = 'unknown' AND NOT i.unknown_consent_refused)
	LIMIT $5`
)

// visitNamedLimit is how many rows of a visit are read by name. One that has more
// is read by number.
const visitNamedLimit = 100

func (t *tx) Visit(s care.Scope, encounter int64) (care.Visit, error) {
	var v visit
	err := t.walk(t.background(), sqlVisit, values(s.Tenant, s.Instance, encounter), func(r *row) error {
		v.add(r, s)
		return nil
	})
	if err == nil && v.rows == 0 {
		err = care.NotFound("encounter")
	}
	return v.inOrder(), err
}

func (t *tx) VisitNamed(s care.Scope, name string) (care.RecordingName, care.Visit, error) {
	none := care.NotFound("encounter")
	if care.CheckRecordingName(name) != nil {
		return care.RecordingName{}, care.Visit{}, none // no recording can have it
	}
	var v visit
	recording := ""
	err := t.walk(t.background(), sqlVisitNamed,
		values(s.Tenant, s.Instance, invertedForm(care.FormOf(name)), name, int64(visitNamedLimit)), func(r *row) error {
			v.add(r, s)
			id := r.text()
			if v.Encounter.ID == 0 || v.rows == visitNamedLimit || recording != "" && recording != id {
				return none
			}
			recording = id
			return nil
		})
	if err == nil && v.rows == 0 {
		err = none
	}
	if err != nil {
		return care.RecordingName{}, care.Visit{}, err
	}
	return care.RecordingName{ID: recording, Name: name}, v.inOrder(), nil
}

// visit gathers what a visit's rows hold. They come in no order: sorting a handful
// here is quicker than in the database.
type visit struct {
	care.Visit
	rows       int
	recordings []visitRecording
}

type visitRecording struct {
	care.RecordingName
	session   string
	createdAt time.Time
}

// visitColumns are those that every row of a visit repeats.
const visitColumns = 33

func (v *visit) add(r *row, s care.Scope) {
	if v.rows == 0 {
		v.Visit = scanVisit(r, s)
	}
	v.rows++
	r.column = visitColumns
	v.addSession(r, s)
}

func (v *visit) addSession(r *row, s care.Scope) {
	id := r.text()
	if n := (visitRecording{RecordingName: care.RecordingName{ID: r.text(), Name: r.text()}, session: id, createdAt: r.time()}); n.ID != "" {
		v.recordings = append(v.recordings, n)
	}
	session := care.Session{
		Scope: s, Encounter: v.Encounter.ID, ID: id, SID: r.text(), Status: care.SessionStatus(r.text()), Start: r.time(),
		End: r.maybeTime(), Reported: r.maybeInt(), Others: listOf[int64](r), CreatedAt: r.time(), UpdatedAt: r.time(),
	}
	if id != "" && !slices.ContainsFunc(v.Sessions, func(s care.VisitSession) bool { return s.ID == id }) {
		v.Sessions = append(v.Sessions, care.VisitSession{Session: session})
	}
}

// inOrder returns the visit with its sessions newest first, each with its
// recordings earliest first.
func (v *visit) inOrder() care.Visit {
	slices.SortFunc(v.Sessions, func(a, b care.VisitSession) int {
		return cmp.Or(b.Start.Compare(a.Start), strings.Compare(a.ID, b.ID))
	})
	slices.SortFunc(v.recordings, func(a, b visitRecording) int {
		return cmp.Or(a.createdAt.Compare(b.createdAt), strings.Compare(a.ID, b.ID))
	})
	for _, n := range v.recordings {
		i := slices.IndexFunc(v.Sessions, func(s care.VisitSession) bool { return s.ID == n.session })
		v.Sessions[i].Recordings = append(v.Sessions[i].Recordings, n.RecordingName)
	}
	return v.Visit
}

func scanVisit(r *row, s care.Scope) care.Visit {
	e := care.Encounter{Scope: s, ID: r.int(), Complaint: r.text(), CreatedAt: r.time(), UpdatedAt: r.time()}
	p := care.Patient{
		Scope: s, ID: r.text(), Number: r.int(), FirstName: r.text(), MiddleName: r.text(), LastName: r.text(),
		BirthDate: r.text(), Gender: r.text(), Email: r.text(), Phone: r.text(), CountryCode: r.text(), TimeZone: r.text(),
		MRN: r.text(), ExternalID: r.text(), CreatedAt: r.time(), UpdatedAt: r.time(),
	}
	v := care.Provider{
		Scope: s, ID: r.text(), Number: r.int(), FirstName: r.text(), MiddleName: r.text(), LastName: r.text(),
		Title: r.text(), Gender: r.text(), Email: r.text(), Phone: r.text(), CountryCode: r.text(), TimeZone: r.text(),
		CreatedAt: r.time(), UpdatedAt: r.time(),
	}
	e.Patient, e.Provider = p.Number, v.Number
	return care.Visit{Encounter: e, Patient: p, Provider: v, TimeZone: r.text()}
}
