package main

import "strconv"

// dataset is a shape of data that the cases ask for. Every value in it follows
// from its number, so that the load can ask for any row without a list of them,
// and both databases can be filled with the same rows by the same expressions.
type dataset struct {
	name       string
	encounters int // each with one session and one recording
	patients   int // of the encounters
	busyCalls  int // calls of the one busy patient
	quiet      int // further patients with quietCalls calls each
	bookedDays int // from the making on, with bookedADay appointments of every provider
	measured   int // days on each of which every patient has a reading of every kind
}

const (
	quietCalls = 100
	providers  = 200
	bookedADay = 4
)

// The three data sets, smaller by a factor where quick.
func (b *bench) thousand() dataset { return dataset{name: "thousand", encounters: 1_000, patients: 50} }

func (b *bench) million() dataset {
	d := dataset{name: "million", encounters: 1_000_000, patients: 50_000, busyCalls: 1_000_000, quiet: 1_000}
	if b.opt.Quick {
		d = dataset{name: "million-quick", encounters: 10_000, patients: 500, busyCalls: 10_000, quiet: 50}
	}
	return d
}

func (b *bench) tenMillion() dataset {
	d := dataset{name: "ten-million", encounters: 10_000_000, patients: 500_000}
	if b.opt.Quick {
		d = dataset{name: "ten-million-quick", encounters: 20_000, patients: 1_000}
	}
	return d
}

// booked is providers with appointments for more than a year.
func (b *bench) booked() dataset {
	d := dataset{name: "booked", encounters: 1_000, patients: 50, bookedDays: 500}
	if b.opt.Quick {
		d.name, d.bookedDays = "booked-quick", 100
	}
	return d
}

// measured is patients with a week of what devices measured.
func (b *bench) measured() dataset {
	d := dataset{name: "measured", encounters: 10_000, patients: 10_000, measured: 7}
	if b.opt.Quick {
		d.name, d.encounters, d.patients = "measured-quick", 500, 500
	}
	return d
}

// registered is nobody yet.
func (b *bench) registered() dataset { return dataset{name: "registered"} }

// empty is a client and nothing else.
func (b *bench) empty() dataset { return dataset{name: "empty"} }

// Numbers: patients of encounters are 1..patients, then comes the busy
// patient, then the quiet ones.
func (d dataset) busyPatient() int       { return d.patients + 1 }
func (d dataset) quietPatient(k int) int { return d.patients + 2 + k }
func (d dataset) allPatients() int {
	if d.busyCalls == 0 {
		return d.patients
	}
	return d.patients + 1 + d.quiet
}

// Names are 13 digits, as recorders that stamp milliseconds make them, and not
// consecutive: recording i is named nameFirst + i*nameStep.
const (
	nameFirst = 1_600_000_000_000
	nameStep  = 7_919
)

func appendName(dst []byte, i int) []byte {
	return strconv.AppendInt(dst, nameFirst+int64(i)*nameStep, 10)
}

// Calls are one each two minutes back from callsEnd; call k of a patient (from
// 0, the newest first) has the direction, status and duration that follow from
// k. Each seventh is unanswered: that is what filtered totals are checked with.
const (
	callsEnd  = 1_790_000_000 // seconds
	callsStep = 120
	noAnswer  = 7
)

// Readings are one a day and kind from readingsFrom on.
const readingsFrom = 1_770_000_000 / 86_400 * 86_400 // seconds

func (d dataset) unanswered() int { return (d.busyCalls + noAnswer - 1) / noAnswer }
