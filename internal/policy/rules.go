package policy

import "chartline/internal/care"

// The actions. Each surface's route table names one for every route.
const (
	EncounterLookUp care.Action = "encounter.look_up" // a recording's name in, its encounter out
	EncounterRead   care.Action = "encounter.read"
	EncounterWrite  care.Action = "encounter.write"

	VoiceCallList      care.Action = "voice_call.list"      // the calls surface
	VoiceCallRead      care.Action = "voice_call.read"      // the calls surface
	VoiceCallRecording care.Action = "voice_call.recording" // the calls surface
	CallRead           care.Action = "call.read"            // the native surface
	CallWrite          care.Action = "call.write"

	PatientRead   care.Action = "patient.read"
	PatientWrite  care.Action = "patient.write"
	ProviderRead  care.Action = "provider.read"
	ProviderWrite care.Action = "provider.write"
	CareTeamRead  care.Action = "care_team.read"
	CareTeamWrite care.Action = "care_team.write"

	PracticeRead     care.Action = "practice.read"
	PracticeWrite    care.Action = "practice.write"
	ServiceRead      care.Action = "service.read"
	ServiceWrite     care.Action = "service.write"
	ScheduleRead     care.Action = "schedule.read" // hours, days off, and what is free
	ScheduleWrite    care.Action = "schedule.write"
	AppointmentRead  care.Action = "appointment.read"
	AppointmentWrite care.Action = "appointment.write"
	AssignmentRead   care.Action = "assignment.read"
	AssignmentWrite  care.Action = "assignment.write"
	PatientRegister  care.Action = "patient.register" // with an appointment, where one is wanted
	ProviderSignup   care.Action = "provider.signup"

	RecordingRead    care.Action = "recording.read"    // what is known of a recording
	RecordingContent care.Action = "recording.content" // its sound and picture
	RecordingWrite   care.Action = "recording.write"

	RosterRead          care.Action = "roster.read" // patients by the page, and what devices measured of them
	FileUpload          care.Action = "file.upload"
	FileRead            care.Action = "file.read"
	FileContent         care.Action = "file.content"
	FormSubmit          care.Action = "form.submit"
	FormRead            care.Action = "form.read"
	FormDefinitionRead  care.Action = "form_definition.read"
	FormDefinitionWrite care.Action = "form_definition.write"
	LabWrite            care.Action = "lab.write"
	LabRead             care.Action = "lab.read"
	ReadingWrite        care.Action = "reading.write"
	ReadingRead         care.Action = "reading.read"
	NoteWrite           care.Action = "note.write"
	NoteRead            care.Action = "note.read"

	AnalysisWrite care.Action = "analysis.write" // an analyser hands in its result
	AnalysisRead  care.Action = "analysis.read"
	AnalysisSign  care.Action = "analysis.sign" // a provider stands for it

	AuditRead   care.Action = "audit.read"
	AuditVerify care.Action = "audit.verify"
	AuditExport care.Action = "audit.export"

	SSOIssue    care.Action = "sso.issue"    // a partner gets a person's way into the portal
	LoginEnter  care.Action = "login.enter"  // a person comes in
	LoginLeave  care.Action = "login.leave"  // and goes
	LoginSecret care.Action = "login.secret" // a person sets their password
	LoginRead   care.Action = "login.read"   // who may come in
	LoginWrite  care.Action = "login.write"  // log-ins are made, ended, and helped back in
	PortalRead  care.Action = "portal.read"  // one's own page

	TokenIssue     care.Action = "token.issue"
	TenantRead     care.Action = "tenant.read"
	TenantWrite    care.Action = "tenant.write"
	InstanceRead   care.Action = "instance.read"
	InstanceWrite  care.Action = "instance.write"
	ClientRead     care.Action = "client.read"
	ClientWrite    care.Action = "client.write"
	GrantRead      care.Action = "grant.read"
	GrantWrite     care.Action = "grant.write"
	SystemMaintain care.Action = "system.maintain" // checkpoints, sweeps
	SystemBackup   care.Action = "system.backup"   // everything is copied
	SystemRestore  care.Action = "system.restore"  // a backup was put back
)

// rule says which grants admit to an action: any one of them.
type rule struct {
	grants []care.GrantName
	// channel applies the care-team rule of voice calls (calls.md, Permission)
	// in place of grants.
	channel bool
	// self marks what actors of this kind do for themselves, once their secret
	// was checked.
	self care.ActorKind
	// own lets patients do it with their own data.
	own bool
	// operators marks what only the command line and the server itself do.
	operators bool
}

func anyOf(grants ...care.GrantName) rule { return rule{grants: grants} }

// orOwn lets patients do it too, with their own data.
func (r rule) orOwn() rule {
	r.own = true
	return r
}

func rules() map[care.Action]rule {
	channel, operators := rule{channel: true}, rule{operators: true}
	client, person := rule{self: care.ActorClient}, rule{self: care.ActorPerson}
	return map[care.Action]rule{
		EncounterLookUp:     anyOf(care.GrantEncounterFromRecording),
		EncounterRead:       anyOf(care.GrantEncounterRead),
		EncounterWrite:      anyOf(care.GrantEncounterWrite),
		VoiceCallList:       channel,
		VoiceCallRead:       channel,
		VoiceCallRecording:  channel,
		CallRead:            anyOf(care.GrantCallRead),
		CallWrite:           anyOf(care.GrantCallWrite),
		PatientRead:         anyOf(care.GrantPatientRead).orOwn(),
		PatientWrite:        anyOf(care.GrantPatientWrite),
		ProviderRead:        anyOf(care.GrantPatientRead, care.GrantEncounterRead),
		ProviderWrite:       anyOf(care.GrantAdmin),
		CareTeamRead:        anyOf(care.GrantPatientRead),
		CareTeamWrite:       anyOf(care.GrantAdmin),
		PracticeRead:        anyOf(care.GrantScheduleRead, care.GrantScheduleWrite, care.GrantAdmin),
		PracticeWrite:       anyOf(care.GrantAdmin),
		ServiceRead:         anyOf(care.GrantScheduleRead, care.GrantScheduleWrite, care.GrantAdmin),
		ServiceWrite:        anyOf(care.GrantAdmin),
		ScheduleRead:        anyOf(care.GrantScheduleRead),
		ScheduleWrite:       anyOf(care.GrantScheduleWrite),
		AppointmentRead:     anyOf(care.GrantScheduleRead),
		AppointmentWrite:    anyOf(care.GrantScheduleWrite),
		AssignmentRead:      anyOf(care.GrantPatientRead),
		AssignmentWrite:     anyOf(care.GrantPatientWrite),
		PatientRegister:     anyOf(care.GrantPatientWrite),
		ProviderSignup:      anyOf(care.GrantProviderSignup),
		RecordingRead:       anyOf(care.GrantRecordingRead),
		RecordingContent:    anyOf(care.GrantRecordingRead),
		RecordingWrite:      anyOf(care.GrantRecordingWrite),
		RosterRead:          anyOf(care.GrantPatientRead),
		FileUpload:          anyOf(care.GrantFormWrite),
		FileRead:            anyOf(care.GrantPatientRead).orOwn(),
		FileContent:         anyOf(care.GrantPatientRead).orOwn(),
		FormSubmit:          anyOf(care.GrantFormWrite),
		FormRead:            anyOf(care.GrantPatientRead).orOwn(),
		FormDefinitionRead:  anyOf(care.GrantFormWrite, care.GrantPatientRead, care.GrantAdmin),
		FormDefinitionWrite: anyOf(care.GrantAdmin),
		LabWrite:            anyOf(care.GrantLabWrite),
		LabRead:             anyOf(care.GrantPatientRead),
		ReadingWrite:        anyOf(care.GrantLabWrite),
		ReadingRead:         anyOf(care.GrantPatientRead),
		NoteWrite:           anyOf(care.GrantNoteWrite),
		NoteRead:            anyOf(care.GrantPatientRead),
		AnalysisWrite:       anyOf(care.GrantAnalysis),
		AnalysisRead:        anyOf(care.GrantAnalysis),
		AnalysisSign:        anyOf(care.GrantNoteWrite),
		AuditRead:           anyOf(care.GrantAuditRead),
		AuditVerify:         anyOf(care.GrantAuditRead),
		AuditExport:         anyOf(care.GrantAuditRead),
		SSOIssue:            anyOf(care.GrantSSO),
		LoginEnter:          person,
		LoginLeave:          person,
		LoginSecret:         person,
		PortalRead:          person,
		LoginRead:           anyOf(care.GrantAdmin),
		LoginWrite:          anyOf(care.GrantAdmin),
		TokenIssue:          client,
		TenantRead:          operators,
		TenantWrite:         operators,
		InstanceRead:        anyOf(care.GrantPatientRead, care.GrantEncounterRead, care.GrantCallRead, care.GrantRecordingRead, care.GrantAdmin),
		InstanceWrite:       operators,
		ClientRead:          operators,
		ClientWrite:         operators,
		GrantRead:           operators,
		GrantWrite:          operators,
		SystemMaintain:      operators,
		SystemBackup:        operators,
		SystemRestore:       operators,
	}
}
