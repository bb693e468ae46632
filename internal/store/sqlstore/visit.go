package sqlstore

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"chartline/internal/care"
)

const (
	sqlVisit = `
	SELECT e.complaint, e.created_at, e.updated_at,
		p.id, p.number, p.first_name, p.middle_name, p.last_name, p.birth_date, p.gender, p.email, p.phone,
		p.country_code, p.time_zone, p.mrn, p.external_id, p.created_at, p.updated_at,
		v.id, v.number, v.first_name, v.middle_name, v.last_name, v.title, v.gender, v.email, v.phone,
		v.country_code, v.time_zone, v.created_at, v.updated_at,
		i.time_zone, i.unknown_consent_refused
	FROM encounter e
	JOIN patient p ON p.tenant = e.tenant AND p.instance = e.instance AND p.number = e.patient
	JOIN provider v ON v.tenant = e.tenant AND v.instance = e.instance AND v.number = e.provider
	JOIN instance i ON i.tenant = e.tenant AND i.instance = e.instance
	WHERE e.tenant = $1 AND e.instance = $2 AND e.id = $3`
	sqlVisitSessions = `
	SELECT s.id, r.id, r.name, r.created_at, s.sid, s.status, s.started_at, s.ended_at, s.reported, s.others, s.created_at, s.updated_at
	FROM video_session s
	LEFT JOIN recording r ON r.tenant = s.tenant AND r.instance = s.instance AND r.owner_kind = 'session' AND r.owner_id = s.id
		AND r.deleted_at IS NULL AND r.withheld_at IS NULL
		AND (r.consent = 'given' OR r.consent = 'unknown' AND NOT $4)
	WHERE s.tenant = $1 AND s.instance = $2 AND s.encounter = $3`
)

// visit is what sqlVisit returns.
type visit struct {
	care.Visit
	unknownRefused bool
}

func (t *tx) Visit(s care.Scope, encounter int64) (care.Visit, error) {
	v, err := one(t, "encounter", func(r *row) visit { return scanVisit(r, s, encounter) },
		sqlVisit, s.Tenant, s.Instance, encounter)
	if err != nil {
		return care.Visit{}, err
	}
	var sessions visitSessions
	err = t.walk(t.background(), sqlVisitSessions, values(s.Tenant, s.Instance, encounter, v.unknownRefused), func(r *row) error {
		sessions.add(r, s, encounter)
		return nil
	})
	v.Sessions = sessions.inOrder()
	return v.Visit, err
}

func scanVisit(r *row, s care.Scope, encounter int64) visit {
	e := care.Encounter{Scope: s, ID: encounter, Complaint: r.text(), CreatedAt: r.time(), UpdatedAt: r.time()}
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
	return visit{care.Visit{Encounter: e, Patient: p, Provider: v, TimeZone: r.text()}, r.bool()}
}

// visitSessions gathers an encounter's sessions from rows of a session and at
// most one of its recordings. They come in no order: sorting a handful here is
// quicker than in the database.
type visitSessions struct {
	sessions   []care.VisitSession
	recordings []visitRecording
}

type visitRecording struct {
	care.RecordingName
	session   string
	createdAt time.Time
}

func (v *visitSessions) add(r *row, s care.Scope, encounter int64) {
	id := r.text()
	if n := (visitRecording{RecordingName: care.RecordingName{ID: r.text(), Name: r.text()}, session: id, createdAt: r.time()}); n.ID != "" {
		v.recordings = append(v.recordings, n)
	}
	if slices.ContainsFunc(v.sessions, func(s care.VisitSession) bool { return s.ID == id }) {
		return
	}
	v.sessions = append(v.sessions, care.VisitSession{Session: care.Session{
		Scope: s, Encounter: encounter, ID: id, SID: r.text(), Status: care.SessionStatus(r.text()), Start: r.time(),
		End: r.maybeTime(), Reported: r.maybeInt(), Others: listOf[int64](r), CreatedAt: r.time(), UpdatedAt: r.time(),
	}})
}

// inOrder returns the sessions newest first, each with its recordings earliest
// first.
func (v *visitSessions) inOrder() []care.VisitSession {
	slices.SortFunc(v.sessions, func(a, b care.VisitSession) int {
		return cmp.Or(b.Start.Compare(a.Start), strings.Compare(a.ID, b.ID))
	})
	slices.SortFunc(v.recordings, func(a, b visitRecording) int {
		return cmp.Or(a.createdAt.Compare(b.createdAt), strings.Compare(a.ID, b.ID))
	})
	for _, n := range v.recordings {
		i := slices.IndexFunc(v.sessions, func(s care.VisitSession) bool { return s.ID == n.session })
		v.sessions[i].Recordings = append(v.sessions[i].Recordings, n.RecordingName)
	}
	return v.sessions
}
