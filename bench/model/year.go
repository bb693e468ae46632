package model

import "math"

// Costs are what one engine was measured to take.
type Costs struct {
	CPU    [Kinds]float64 // of all servers' processors, in seconds a request
	Commit float64        // seconds that a commit takes, in which others wait for the next: of a node that keeps up
	Sealed float64        // seconds of processor a GB of media, either way, beyond CPU
	Row    map[string]float64
}

// Grown is what a year adds.
type Grown struct {
	Requests [Kinds]float64
	Commits  float64
	Rows     map[string]float64
	Bytes    map[string]float64 // of rows with their indexes, by table
	Media    float64
	CPU      float64 // seconds
	S3       map[string]float64
}

// Year adds up the hours of a mean week.
func (m *Model) Year(c Costs) Grown {
	n := m.Recordings
	g := Grown{Rows: map[string]float64{
		"recording": n, "data_key": n, "encounter": n * m.Visits, "video_session": n * m.Visits,
		"voice_call": n * (1 - m.Visits + m.Unrecorded), "call_stats": n * m.Patients, "patient": n * m.Patients, "person": n * m.Patients,
	}, Bytes: map[string]float64{}, Media: n * m.Bytes}
	for h := range Hours {
		commits, groups, entries := m.writes(h, 1, c)
		seconds := hour * weeks
		g.Commits += commits * seconds
		g.Rows["audit_group"] += groups * seconds
		g.Rows["audit entry"] += entries * seconds
		g.Rows["audit_subject"] += min(groups, m.about(h)) * seconds
		for k, rate := range m.At(h) {
			g.Requests[k] += rate * seconds
		}
	}
	for table, rows := range g.Rows {
		g.Bytes[table] = rows * c.Row[table]
	}
	for k, requests := range g.Requests {
		g.CPU += requests * c.CPU[k]
	}
	g.CPU += c.Sealed * n * m.Bytes / 1e9 * (1 + m.Downloads + m.Ranges/5)
	g.S3 = m.s3(g.Requests)
	return g
}

// about is how many entries a second are about a patient.
func (m *Model) about(h int) float64 {
	at := m.At(h)
	return Sum(at) - at[Unknown] - at[Audit]
}

// writes are commits, rows of audit groups and audit entries a second. Every request
// leaves an entry. Whoever comes while a commit runs shares the next; each chain,
// which is a tenant's, has a row of its own in it.
func (m *Model) writes(h int, factor float64, c Costs) (commits, groups, entries float64) {
	entries = Sum(m.At(h)) * factor
	commits = entries / (1 + entries*c.Commit)
	var chains float64
	for _, part := range m.active(h) {
		chains += 1 - math.Pow(1-part, entries/commits)
	}
	return commits, commits * min(chains, entries/commits), entries
}

// s3 is what is asked of the store of media, as a server's log of it shows: an object
// is put whole where it fits one part, looked at before it is read, and a sealed
// one's head is read by itself.
func (m *Model) s3(requests [Kinds]float64) map[string]float64 {
	puts := 1.0
	if m.Bytes > m.Part {
		puts = math.Ceil(m.Bytes/m.Part) + 2
	}
	n := m.Recordings
	return map[string]float64{
		"PUT":  n * puts,
		"HEAD": requests[Download] + requests[Range] + n*m.Scrubs,
		"GET":  2 * (requests[Download] + requests[Range] + n*m.Scrubs),
	}
}

// Fullness is how many processors are busy when so much is asked as in that hour,
// times factor, and how many commits a second share how many entries.
func (m *Model) Fullness(h int, factor float64, c Costs) (cores, commits, each float64) {
	at := m.At(h)
	for k, rate := range at {
		cores += rate * factor * c.CPU[k]
	}
	media := (at[Upload] + at[Download] + at[Range]/5) * m.Bytes
	cores += media * factor / 1e9 * c.Sealed
	commits, _, entries := m.writes(h, factor, c)
	return cores, commits, entries / commits
}
