package native

import (
	"net/http"

	"chartline/internal/api/httpio"
	"chartline/internal/policy"
)

// prefix is where the surface lives.
const prefix = "/api/v1"

// operations is the table of routes.
func (s *Surface) operations() []operation {
	const get, post, patch, del = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete
	return []operation{
		{"getDocument", get, "/openapi.json", "", "This document", stream(s.document, describeDocument)},
		{"getInstance", get, "/instance", policy.InstanceRead, "Read the instance's settings", handle(s.instance)},

		{"listPatients", get, "/patients", policy.PatientRead, "List patients", handle(s.listPatients)},
		{"createPatient", post, "/patients", policy.PatientWrite, "Register a patient", create(s.createPatient)},
		{"getPatient", get, "/patients/{patient}", policy.PatientRead, "Read a patient", handle(s.getPatient)},
		{"changePatient", patch, "/patients/{patient}", policy.PatientWrite, "Change a patient", handle(s.changePatient)},

		{"listCareTeam", get, "/patients/{patient}/care-team", policy.CareTeamRead, "List a patient's care team", handle(s.listCareTeam)},
		{"addToCareTeam", post, "/patients/{patient}/care-team", policy.CareTeamWrite, "Add a provider to a care team", create(s.addToCareTeam)},
		{"getCareTeamMember", get, "/patients/{patient}/care-team/{provider}", policy.CareTeamRead, "Read a membership", handle(s.getCareTeamMember)},
		{"changeCareTeamMember", patch, "/patients/{patient}/care-team/{provider}", policy.CareTeamWrite, "Change a member's role", handle(s.changeCareTeamMember)},
		{"removeFromCareTeam", del, "/patients/{patient}/care-team/{provider}", policy.CareTeamWrite, "End a membership", handle(s.removeFromCareTeam)},

		{"listProviders", get, "/providers", policy.ProviderRead, "List providers", handle(s.listProviders)},
		{"createProvider", post, "/providers", policy.ProviderWrite, "Register a provider", create(s.createProvider)},
		{"getProvider", get, "/providers/{provider}", policy.ProviderRead, "Read a provider", handle(s.getProvider)},
		{"changeProvider", patch, "/providers/{provider}", policy.ProviderWrite, "Change a provider", handle(s.changeProvider)},

		{"listEncounters", get, "/encounters", policy.EncounterRead, "List encounters", handle(s.listEncounters)},
		{"createEncounter", post, "/encounters", policy.EncounterWrite, "Create an encounter", create(s.createEncounter)},
		{"getEncounter", get, "/encounters/{encounter}", policy.EncounterRead, "Read an encounter", handle(s.getEncounter)},
		{"changeEncounter", patch, "/encounters/{encounter}", policy.EncounterWrite, "Change an encounter", handle(s.changeEncounter)},

		{"listSessions", get, "/sessions", policy.EncounterRead, "List video sessions", handle(s.listSessions)},
		{"createSession", post, "/sessions", policy.EncounterWrite, "Create a video session", create(s.createSession)},
		{"getSession", get, "/sessions/{session}", policy.EncounterRead, "Read a video session", handle(s.getSession)},
		{"changeSession", patch, "/sessions/{session}", policy.EncounterWrite, "Change a video session", handle(s.changeSession)},

		{"listCalls", get, "/calls", policy.CallRead, "List voice calls", handle(s.listCalls)},
		{"createCall", post, "/calls", policy.CallWrite, "Create a voice call", create(s.createCall)},
		{"getCall", get, "/calls/{call}", policy.CallRead, "Read a voice call", handle(s.getCall)},
		{"changeCall", patch, "/calls/{call}", policy.CallWrite, "Change a voice call", handle(s.changeCall)},

		{"listRecordings", get, "/recordings", policy.RecordingRead, "List recordings, newest first", handle(s.listRecordings)},
		{"uploadRecording", post, "/recordings", policy.RecordingWrite, "Upload a recording", stream(s.uploadRecording, describeUpload)},
		{"getRecording", get, "/recordings/{recording}", policy.RecordingRead, "Read what is known of a recording", handle(s.getRecording)},
		{"changeRecording", patch, "/recordings/{recording}", policy.RecordingWrite, "Change what is known of a recording", handle(s.changeRecording)},
		{"deleteRecording", del, "/recordings/{recording}", policy.RecordingWrite, "Delete a recording", handle(s.deleteRecording)},
		{"getRecordingContent", get, "/recordings/{recording}/content", policy.RecordingContent, "Deliver a recording", stream(s.recordingContent, describeContent)},
		{"withholdRecording", post, "/recordings/{recording}/withhold", policy.RecordingWrite, "Withhold a recording", handle(s.withholdRecording)},
		{"releaseRecording", post, "/recordings/{recording}/release", policy.RecordingWrite, "Release a withheld recording", handle(s.releaseRecording)},
		{"setRecordingConsent", post, "/recordings/{recording}/consent", policy.RecordingWrite, "Set a recording's consent", handle(s.setRecordingConsent)},
		{"relinkRecording", post, "/recordings/{recording}/relink", policy.RecordingWrite, "Move a recording to another session or call", handle(s.relinkRecording)},
		{"settleRecording", post, "/recordings/{recording}/settle", policy.RecordingWrite, "Settle whose a recording's name is", handle(s.settleRecording)},

		{"listAudit", get, "/audit", policy.AuditRead, "Read the audit log of the instance", handle(s.listAudit)},
	}
}

// Routes is the table as httpio serves it.
func (s *Surface) Routes() []httpio.Route {
	schemas := newSchemas()
	var routes []httpio.Route
	for _, op := range s.operations() {
		routes = append(routes, httpio.Route{
			Method: op.method, Pattern: prefix + op.pattern, Action: op.action,
			Handle: op.handler.bind(newBinding(op.handler.in, schemas), s),
		})
	}
	return routes
}
