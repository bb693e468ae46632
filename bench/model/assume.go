package model

// Kind is what is asked.
type Kind int

const (
	Fresh     Kind = iota // whose is this recording, soon after it arrived
	Later                 // the same of an old one
	Unknown               // the same of a name that is not there
	Page                  // a page of a patient's calls
	Download              // a whole recording
	Range                 // a part of one
	Call                  // a call's record comes in
	Encounter             // a visit comes in
	Session               // its video session
	Upload                // a recording
	Audit                 // a page of the audit log
	Kinds
)

func (k Kind) String() string {
	return [Kinds]string{"look-up, fresh", "look-up, old", "look-up, unknown", "page of calls", "download", "range",
		"call", "encounter", "session", "upload", "page of audit"}[k]
}

// Assumptions are about the clinics and the systems around them. What is not said
// to be by tenant is by recording.
type Assumptions struct {
	Recordings float64 // a year
	Tenants    int
	Zipf       float64 // the k-th largest tenant is as 1/k^Zipf
	Zones      []Zone  // where they are
	Day        [24]float64
	Week       [7]float64 // Monday first
	Season     float64    // the busiest week beside the mean
	Crest      float64    // the busiest minutes beside their hour: visits end on the half-hour

	Visits     float64 // the part of recordings that is of visits; the others are of calls
	Unrecorded float64 // calls without a recording
	Fresh      float64 // look-ups by what works on new recordings
	Lag        []float64
	Later      float64 // look-ups of old ones
	Batch      float64 // the part of those that is made by night, when batches run
	Unknown    float64 // further look-ups of names that are not there
	Pages      float64
	Downloads  float64 // whole, by what works on new recordings
	Ranges     float64 // by people who listen
	AuditPages float64 // a tenant's, in a week

	Patients float64 // new ones
	Bytes    float64 // of media
	Scrubs   float64 // a year, of all that is stored
	Part     float64 // bytes that go to S3 in one request
}

// Zone is hours from UTC, and the part of the tenants that is there.
type Zone struct{ Offset, Part float64 }

// Default is what is assumed of n recordings a year.
func Default(n float64, tenants int) Assumptions {
	return Assumptions{
		Recordings: n, Tenants: tenants, Zipf: 1,
		Zones:  []Zone{{-5, 0.47}, {-6, 0.33}, {-7, 0.07}, {-8, 0.13}}, // as the people of the United States
		Day:    [24]float64{0, 0, 0, 0, 0, 0, .1, .4, 1.5, 2, 2, 1.8, 1.2, 1.6, 2, 2, 1.7, 1, .5, .3, .2, .1, 0, 0},
		Week:   [7]float64{1.2, 1.1, 1, 1, .9, .2, .1},
		Season: 1.2, Crest: 1.5,

		Visits: 0.4, Unrecorded: 0.8,
		Fresh: 4, Lag: []float64{.6, .2, .1, .05, .05},
		Later: 1, Batch: 0.5, Unknown: 0.15,
		Pages: 2, Downloads: 1, Ranges: 1.2, AuditPages: 100,

		Patients: 0.05, Bytes: 5e6, Scrubs: 4, Part: 8 << 20,
	}
}

// PerRecording is how often a kind is asked for each recording.
func (a Assumptions) PerRecording(k Kind) float64 {
	return [Kinds]float64{a.Fresh, a.Later, a.Unknown, a.Pages, a.Downloads, a.Ranges,
		1 - a.Visits + a.Unrecorded, a.Visits, a.Visits, 1,
		a.AuditPages * weeks * float64(a.Tenants) / a.Recordings}[k]
}

const (
	weeks = 365.25 / 7
	hour  = 3600.0 // seconds
)
