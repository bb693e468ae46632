package audio

import (
	"embed"
	"time"
)

// FS holds every recording by its file name.
//
//go:embed *.mp3 *.wav
var FS embed.FS

// Clip is one recording and what is said in it.
type Clip struct {
	File        string // name in FS
	ContentType string // audio/mpeg or audio/wav
	Duration    time.Duration
	Title       string
	Clinician   string // the invented people who speak; Clinician is who was called for a voicemail
	Patient     string
	Visit       bool // the sound of a video visit; the others are calls
	FromPatient bool // the patient called
	Voicemail   bool
}

// Clips lists every recording, the visit first. Each call makes a new slice.
func Clips() []Clip {
	return []Clip{
		{File: "visit-101s.mp3", ContentType: "audio/mpeg", Duration: 101 * time.Second,
			Title: "Video visit, blood pressure and sleep", Clinician: "Amara Okafor", Patient: "Rosa Lindqvist", Visit: true},
		{File: "call-blood-pressure.mp3", ContentType: "audio/mpeg", Duration: 34 * time.Second,
			Title: "Home blood pressure check-in", Clinician: "Ingrid Maro", Patient: "Rosa Lindqvist"},
		{File: "call-interpreter.wav", ContentType: "audio/wav", Duration: 20 * time.Second,
			Title: "Request for an interpreter", Clinician: "Ingrid Maro", Patient: "Davi Pereira", FromPatient: true},
		{File: "call-lab-results.mp3", ContentType: "audio/mpeg", Duration: 45 * time.Second,
			Title: "Lab results by phone", Clinician: "Ingrid Maro", Patient: "Leonard Asante"},
		{File: "call-pharmacy.wav", ContentType: "audio/wav", Duration: 8 * time.Second,
			Title: "Pharmacy call-back", Clinician: "Ben Castellan", Patient: "Tomas Weir"},
		{File: "call-physiotherapy.mp3", ContentType: "audio/mpeg", Duration: 41 * time.Second,
			Title: "Knee exercises, second week", Clinician: "Amara Okafor", Patient: "Grace Ollivander"},
		{File: "call-refill.mp3", ContentType: "audio/mpeg", Duration: 38 * time.Second,
			Title: "Prescription refill", Clinician: "Ben Castellan", Patient: "Tomas Weir", FromPatient: true},
		{File: "call-reschedule.wav", ContentType: "audio/wav", Duration: 16 * time.Second,
			Title: "Appointment moved", Clinician: "Ben Castellan", Patient: "Mina Farrow", FromPatient: true},
		{File: "voicemail-sore-throat.mp3", ContentType: "audio/mpeg", Duration: 22 * time.Second,
			Title: "Voicemail, sore throat", Clinician: "Ingrid Maro", Patient: "Mina Farrow", FromPatient: true, Voicemail: true},
	}
}
