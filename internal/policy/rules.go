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

	RecordingRead    care.Action = "recording.read"    // what is known of a recording
	RecordingContent care.Action = "recording.content" // its sound and picture
	RecordingWrite   care.Action = "recording.write"

	AuditRead   care.Action = "audit.read"
	AuditVerify care.Action = "audit.verify"
	AuditExport care.Action = "audit.export"

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
)

// rule says which grants admit to an action: any one of them.
type rule struct {
	grants []care.GrantName
	// channel applies the care-team rule of voice calls (calls.md, Permission)
	// in place of grants.
	channel bool
	// self marks what a client does for itself, once its secret was checked.
	self bool
	// operators marks what only the command line and the server itself do.
	operators bool
}

func anyOf(grants ...care.GrantName) rule { return rule{grants: grants} }

func rules() map[care.Action]rule {
	channel, self, operators := rule{channel: true}, rule{self: true}, rule{operators: true}
	return map[care.Action]rule{
		EncounterLookUp:    anyOf(care.GrantEncounterFromRecording),
		EncounterRead:      anyOf(care.GrantEncounterRead),
		EncounterWrite:     anyOf(care.GrantEncounterWrite),
		VoiceCallList:      channel,
		VoiceCallRead:      channel,
		VoiceCallRecording: channel,
		CallRead:           anyOf(care.GrantCallRead),
		CallWrite:          anyOf(care.GrantCallWrite),
		PatientRead:        anyOf(care.GrantPatientRead),
		PatientWrite:       anyOf(care.GrantPatientWrite),
		ProviderRead:       anyOf(care.GrantPatientRead, care.GrantEncounterRead),
		ProviderWrite:      anyOf(care.GrantAdmin),
		CareTeamRead:       anyOf(care.GrantPatientRead),
		CareTeamWrite:      anyOf(care.GrantAdmin),
		RecordingRead:      anyOf(care.GrantRecordingRead),
		RecordingContent:   anyOf(care.GrantRecordingRead),
		RecordingWrite:     anyOf(care.GrantRecordingWrite),
		AuditRead:          anyOf(care.GrantAuditRead),
		AuditVerify:        anyOf(care.GrantAuditRead),
		AuditExport:        anyOf(care.GrantAuditRead),
		TokenIssue:         self,
		TenantRead:         operators,
		TenantWrite:        operators,
		InstanceRead:       anyOf(care.GrantPatientRead, care.GrantEncounterRead, care.GrantCallRead, care.GrantRecordingRead, care.GrantAdmin),
		InstanceWrite:      operators,
		ClientRead:         operators,
		ClientWrite:        operators,
		GrantRead:          operators,
		GrantWrite:         operators,
		SystemMaintain:     operators,
	}
}
