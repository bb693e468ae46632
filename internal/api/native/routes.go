package native

import (
	"net/http"
	"slices"

	"chartline/internal/api/httpio"
	"chartline/internal/policy"
)

// prefix is where the surface lives.
const prefix = "/api/v1"

// operations is the table of routes.
func (s *Surface) operations() []operation {
	const get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	return slices.Concat([]operation{
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

		{"getPractice", get, "/practice", policy.PracticeRead, "Read the practice's settings", handle(s.getPractice)},
		{"changePractice", patch, "/practice", policy.PracticeWrite, "Change the practice's settings", handle(s.changePractice)},
		{"rotateSignupCode", put, "/practice/signup-code", policy.PracticeWrite, "Make a new sign-up code; the one before ends", handle(s.rotateSignupCode)},

		{"listServices", get, "/services", policy.ServiceRead, "List services", handle(s.listServices)},
		{"createService", post, "/services", policy.ServiceWrite, "Add a service", create(s.createService)},
		{"getService", get, "/services/{service}", policy.ServiceRead, "Read a service", handle(s.getService)},
		{"changeService", patch, "/services/{service}", policy.ServiceWrite, "Change or retire a service", handle(s.changeService)},

		{"getSchedule", get, "/providers/{provider}/schedule", policy.ScheduleRead, "Read when a provider works", handle(s.getSchedule)},
		{"changeSchedule", patch, "/providers/{provider}/schedule", policy.ScheduleWrite, "Change when a provider works, and for what", handle(s.changeSchedule)},
		{"listScheduleDays", get, "/providers/{provider}/schedule/days", policy.ScheduleRead, "List a provider's days off and other unusual days", handle(s.listScheduleDays)},
		{"putScheduleDay", put, "/providers/{provider}/schedule/days/{date}", policy.ScheduleWrite, "Make a date a day off, or one with other hours", handle(s.putScheduleDay)},
		{"deleteScheduleDay", del, "/providers/{provider}/schedule/days/{date}", policy.ScheduleWrite, "Make a date like any other of its weekday", handle(s.deleteScheduleDay)},
		{"getAgenda", get, "/providers/{provider}/agenda", policy.AppointmentRead, "List a provider's appointments of a date, by their start", handle(s.getAgenda)},
		{"listSlots", get, "/slots", policy.ScheduleRead, "List when a provider is free for a service on a date", handle(s.listSlots)},

		{"listAppointments", get, "/appointments", policy.AppointmentRead, "List appointments", handle(s.listAppointments)},
		{"createAppointment", post, "/appointments", policy.AppointmentWrite, "Book an appointment", create(s.createAppointment)},
		{"getAppointment", get, "/appointments/{appointment}", policy.AppointmentRead, "Read an appointment", handle(s.getAppointment)},
		{"cancelAppointment", post, "/appointments/{appointment}/cancel", policy.AppointmentWrite, "Cancel an appointment: its time is free", handle(s.cancelAppointment)},
		{"rescheduleAppointment", post, "/appointments/{appointment}/reschedule", policy.AppointmentWrite, "Move an appointment to another slot", handle(s.rescheduleAppointment)},
		{"checkInAppointment", post, "/appointments/{appointment}/check-in", policy.AppointmentWrite, "Note that the patient is there", handle(s.checkInAppointment)},
		{"missAppointment", post, "/appointments/{appointment}/no-show", policy.AppointmentWrite, "Note that the patient did not come", handle(s.missAppointment)},
		{"startAppointment", post, "/appointments/{appointment}/start", policy.AppointmentWrite, "Begin the visit: the appointment becomes an encounter", handle(s.startAppointment)},

		{"listAssignments", get, "/patients/{patient}/services", policy.AssignmentRead, "List which services a patient was given", handle(s.listAssignments)},
		{"assignService", post, "/patients/{patient}/services", policy.AssignmentWrite, "Give a patient a service", handle(s.createAssignment)},
		{"endAssignment", patch, "/patients/{patient}/services/{assignment}", policy.AssignmentWrite, "Set an assignment's last day", handle(s.endAssignment)},

		{"getPatientDetails", get, "/patients/{patient}/details", policy.PatientRead, "Read a patient's address and other details", handle(s.getPatientDetails)},
		{"changePatientDetails", patch, "/patients/{patient}/details", policy.PatientWrite, "Change a patient's address and other details", handle(s.changePatientDetails)},
		{"getProviderDetails", get, "/providers/{provider}/details", policy.ProviderRead, "Read a provider's address and other details", handle(s.getProviderDetails)},
		{"changeProviderDetails", patch, "/providers/{provider}/details", policy.ProviderWrite, "Change a provider's address and other details", handle(s.changeProviderDetails)},

		{"listLogins", get, "/logins", policy.LoginRead, "List the people who may log in", handle(s.listLogins)},
		{"createLogin", post, "/logins", policy.LoginWrite, "Let a person log in", create(s.createLogin)},
		{"getLogin", get, "/logins/{login}", policy.LoginRead, "Read a log-in", handle(s.getLogin)},
		{"changeLogin", patch, "/logins/{login}", policy.LoginWrite, "Enable or disable a log-in", handle(s.changeLogin)},
		{"makeSetPasswordLink", post, "/logins/{login}/set-password-link", policy.LoginWrite, "Make a link that sets a password", handle(s.setPasswordLink)},

		{"listAudit", get, "/audit", policy.AuditRead, "Read the audit log of the instance", handle(s.listAudit)},
	}, s.chartOperations())
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
