package storetest

import (
	"slices"

	"chartline/internal/care"
	"chartline/internal/store"
)

// level is how far a method sees.
type level int

const (
	// perInstance methods take a scope.
	perInstance level = iota
	// perTenant methods take a tenant, or the chain that is a tenant's.
	perTenant
	// byName methods take a name or hash that is unique in the installation.
	byName
	// everywhere methods are the whole installation's by design: lists of
	// tenants and chains, and the removal of what is over.
	everywhere
)

// method is a call of one method of a Tx as scope s would make it, with the ids
// of k. Every method of store.Tx has at least one; see tenancyTests.
type method struct {
	name  string
	level level
	write bool
	call  func(tx store.Tx, s care.Scope, k things) (any, error)
}

func none(err error) (any, error)           { return nil, err }
func pair(a, b any, err error) (any, error) { return []any{a, b}, err }

func methods() []method {
	return slices.Concat(
		tenantMethods(), clientMethods(), tokenMethods(), peopleMethods(), visitMethods(), callMethods(),
		recordingMethods(), auditMethods(), onceMethods(), bookingMethods(), loginMethods(), chartMethods(), sealMethods(), objectMethods(), jobMethods(),
	)
}

func tenantMethods() []method {
	return []method{
		{"CreateTenant", perTenant, true, func(tx store.Tx, s care.Scope, _ things) (any, error) {
			return none(tx.CreateTenant(care.Tenant{Name: s.Tenant, CreatedAt: epoch}))
		}},
		{"Tenant", perTenant, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.Tenant(s.Tenant) }},
		{"Tenants", everywhere, false, func(tx store.Tx, _ care.Scope, _ things) (any, error) { return tx.Tenants("", 100) }},
		{"CreateInstance", perTenant, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return none(tx.CreateInstance(care.Instance{Scope: s, TimeZone: k.mark, CreatedAt: epoch, UpdatedAt: epoch}))
		}},
		{"CreateInstance", perTenant, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return none(tx.CreateInstance(care.Instance{Scope: care.Scope{Tenant: s.Tenant, Instance: "further"}, TimeZone: k.mark, CreatedAt: epoch, UpdatedAt: epoch}))
		}},
		{"Instance", perInstance, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.Instance(s) }},
		{"Instances", perTenant, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.Instances(s.Tenant) }},
		{"UpdateInstance", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return none(tx.UpdateInstance(care.Instance{Scope: s, TimeZone: k.mark, UnknownConsentRefused: true, CreatedAt: epoch, UpdatedAt: at(9)}))
		}},
	}
}

func clientMethods() []method {
	return []method{
		{"CreateClient", byName, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Client.Name += "-2"
			k.Client.Tenant, k.Client.Home, k.Client.Instances = s.Tenant, s.Instance, []string{s.Instance}
			return none(tx.CreateClient(k.Client))
		}},
		{"Client", byName, false, func(tx store.Tx, _ care.Scope, k things) (any, error) { return tx.Client(k.Client.Name) }},
		{"Clients", perTenant, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.Clients(s.Tenant, "", 100) }},
		{"Clients", perTenant, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.Clients(s.Tenant, k.Client.Name[:3], 1)
		}},
		{"UpdateClient", perTenant, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Client.Tenant, k.Client.Home, k.Client.Instances = s.Tenant, s.Instance, []string{s.Instance}
			k.Client.Title, k.Client.Enabled = "taken over", false
			return none(tx.UpdateClient(k.Client))
		}},
		{"PutGrant", perTenant, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return none(tx.PutGrant(care.Grant{Client: k.Client.Name, Tenant: s.Tenant, Instance: s.Instance, Name: care.GrantAdmin, CreatedAt: epoch}))
		}},
		{"PutGrant", perTenant, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return none(tx.PutGrant(care.Grant{Client: k.Client.Name, Tenant: s.Tenant, Instance: s.Instance, Name: k.Grant.Name, Until: ptr(at(9)), CreatedAt: epoch}))
		}},
		{"DeleteGrant", perTenant, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return none(tx.DeleteGrant(s.Tenant, s.Instance, k.Client.Name, k.Grant.Name))
		}},
		{"Grants", byName, false, func(tx store.Tx, _ care.Scope, k things) (any, error) { return tx.Grants(k.Client.Name) }},
	}
}

func tokenMethods() []method {
	return []method{
		{"CreateToken", perTenant, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Token.Hash[0]++
			k.Token.Tenant = s.Tenant
			return none(tx.CreateToken(k.Token))
		}},
		{"Token", byName, false, func(tx store.Tx, _ care.Scope, k things) (any, error) { return tx.Token(k.Token.Hash) }},
		{"TokensIssued", byName, false, func(tx store.Tx, _ care.Scope, k things) (any, error) {
			n, oldest, err := tx.TokensIssued(k.Client.Name, at(-9))
			return pair(n, oldest, err)
		}},
		{"DeleteTokens", byName, true, func(tx store.Tx, _ care.Scope, k things) (any, error) {
			return none(tx.DeleteTokens(k.Client.Name))
		}},
		{"DeleteExpiredTokens", everywhere, true, func(tx store.Tx, _ care.Scope, _ things) (any, error) {
			return tx.DeleteExpiredTokens(at(1e6), 1)
		}},
		{"CountAttempt", byName, true, func(tx store.Tx, _ care.Scope, k things) (any, error) {
			n, began, err := tx.CountAttempt(k.Client.Name, at(-9), at(9))
			return pair(n, began, err)
		}},
		{"Attempts", byName, false, func(tx store.Tx, _ care.Scope, k things) (any, error) {
			n, began, err := tx.Attempts(k.Client.Name, at(-9))
			return pair(n, began, err)
		}},
		{"UncountAttempt", byName, true, func(tx store.Tx, _ care.Scope, k things) (any, error) {
			return none(tx.UncountAttempt(k.Client.Name))
		}},
		{"DeleteAttempts", everywhere, true, func(tx store.Tx, _ care.Scope, _ things) (any, error) {
			return tx.DeleteAttempts(at(1e6), 1)
		}},
	}
}

func peopleMethods() []method {
	return []method{
		{"NextPerson", perInstance, true, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.NextPerson(s, 2024) }},
		{"CreatePatient", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Patient.Scope = s
			return none(tx.CreatePatient(k.Patient))
		}},
		{"CreatePatient", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			p := k.patient(777)
			p.Scope, p.MRN, p.ExternalID = s, k.Patient.MRN, k.Patient.ExternalID
			return none(tx.CreatePatient(p))
		}},
		{"Patient", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Patient(s, k.Patient.ID) }},
		{"PatientByNumber", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.PatientByNumber(s, k.Patient.Number)
		}},
		{"PatientByMRN", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.PatientByMRN(s, k.Patient.MRN) }},
		{"PatientByExternalID", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.PatientByExternalID(s, k.Patient.ExternalID)
		}},
		{"UpdatePatient", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Patient.Scope, k.Patient.FirstName = s, "Taken over"
			return none(tx.UpdatePatient(k.Patient))
		}},
		{"Patients", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.Patients(s, k.Patient.Number-1, 100)
		}},
		{"CreateProvider", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Provider.Scope = s
			return none(tx.CreateProvider(k.Provider))
		}},
		{"Provider", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Provider(s, k.Provider.Number) }},
		{"ProviderByID", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.ProviderByID(s, k.Provider.ID) }},
		{"UpdateProvider", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Provider.Scope, k.Provider.FirstName = s, "Taken over"
			return none(tx.UpdateProvider(k.Provider))
		}},
		{"Providers", perInstance, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.Providers(s, 0, 100) }},
		{"PutCareTeamMember", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Member.Scope, k.Member.Role = s, "taken over"
			return none(tx.PutCareTeamMember(k.Member))
		}},
		{"DeleteCareTeamMember", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return none(tx.DeleteCareTeamMember(s, k.Member.Patient, k.Member.Provider))
		}},
		{"CareTeam", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.CareTeam(s, k.Patient.ID) }},
		{"InCareTeam", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.InCareTeam(s, k.Patient.ID, k.Provider.Number)
		}},
	}
}

func visitMethods() []method {
	return []method{
		{"NextEncounter", perInstance, true, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.NextEncounter(s) }},
		{"CreateEncounter", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Encounter.Scope, k.Encounter.ID = s, 555_555
			return none(tx.CreateEncounter(k.Encounter))
		}},
		{"Encounter", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Encounter(s, k.Encounter.ID) }},
		{"UpdateEncounter", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Encounter.Scope, k.Encounter.Complaint = s, "taken over"
			return none(tx.UpdateEncounter(k.Encounter))
		}},
		{"Encounters", perInstance, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.Encounters(s, 0, 0, 100) }},
		{"Encounters", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.Encounters(s, k.Patient.Number, 0, 100)
		}},
		{"RecordingsNamed", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.RecordingsNamed(s, k.Recording.Name)
		}},
		{"RecordingsNamed", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.RecordingsNamed(s, care.FormOf(k.Recording.Name).Stem)
		}},
		{"VisitNamed", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			r, v, err := tx.VisitNamed(s, k.Voicemail.Name)
			return []any{r, v}, err
		}},
		{"Visit", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Visit(s, k.Encounter.ID) }},
		{"CreateSession", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Session.Scope = s
			return none(tx.CreateSession(k.Session))
		}},
		{"CreateSession", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Session.Scope, k.Session.ID = s, sessionID("further", 1)
			return none(tx.CreateSession(k.Session))
		}},
		{"Session", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Session(s, k.Session.ID) }},
		{"UpdateSession", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Session.Scope, k.Session.Status = s, care.SessionFailed
			return none(tx.UpdateSession(k.Session))
		}},
		{"Sessions", perInstance, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.Sessions(s, 0, "", 100) }},
		{"Sessions", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.Sessions(s, k.Encounter.ID, "", 100)
		}},
	}
}

func callMethods() []method {
	page := func(p care.CallPage) func(store.Tx, care.Scope, things) (any, error) {
		return func(tx store.Tx, s care.Scope, k things) (any, error) {
			items, total, err := tx.CallsPage(s, k.Patient.ID, p)
			return pair(items, total, err)
		}
	}
	return []method{
		{"CreateCall", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Call.Scope = s
			return none(tx.CreateCall(k.Call))
		}},
		{"CreateCall", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Call.Scope, k.Call.ID = s, uid("further", 1)
			return none(tx.CreateCall(k.Call))
		}},
		{"Call", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Call(s, k.Call.ID) }},
		{"UpdateCall", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Call.Scope, k.Call.Status, k.Call.CalledAt = s, care.CallFailed, on(99)
			return none(tx.UpdateCall(k.Call))
		}},
		{"CallsPage", perInstance, false, page(care.CallPage{Size: 3})},
		{"CallsPage", perInstance, false, page(care.CallPage{Size: 2, Page: 1, Ascending: true})},
		{"CallsPage", perInstance, false, page(care.CallPage{Size: 9, Filter: care.CallFilter{HasRecording: ptr(true)}})},
		{"CallsPage", perInstance, false, page(care.CallPage{Size: 9, Filter: care.CallFilter{Direction: care.Inbound, From: ptr(on(0))}})},
		{"Calls", perInstance, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.Calls(s, "", "", 100) }},
		{"Calls", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Calls(s, k.Patient.ID, "", 100) }},
	}
}

func recordingMethods() []method {
	list := func(filter func(things) care.RecordingFilter) func(store.Tx, care.Scope, things) (any, error) {
		return func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.Recordings(s, filter(k), &store.RecordingKey{CreatedAt: at(1e6), ID: "z"}, 100)
		}
	}
	return []method{
		{"CreateRecording", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Recording.Scope = s
			return none(tx.CreateRecording(k.Recording))
		}},
		{"CreateRecording", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Voicemail.Scope, k.Voicemail.ID, k.Voicemail.Name = s, uid("further", 1), "further"
			return none(tx.CreateRecording(k.Voicemail))
		}},
		{"Recording", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Recording(s, k.Recording.ID) }},
		{"UpdateRecording", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Voicemail.Scope, k.Voicemail.DeletedAt = s, ptr(at(9))
			return none(tx.UpdateRecording(k.Voicemail))
		}},
		{"UpdateRecording", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Recording.Scope, k.Recording.Owner = s, k.Voicemail.Owner
			return none(tx.UpdateRecording(k.Recording))
		}},
		{"RecordingsOf", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.RecordingsOf(s, k.Voicemail.Owner) }},
		{"NameHolder", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.NameHolder(s, k.Recording.Name) }},
		{"NameWaiters", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.NameWaiters(s, k.Waiting.Name) }},
		{"Recordings", perInstance, false, list(func(things) care.RecordingFilter { return care.RecordingFilter{} })},
		{"Recordings", perInstance, false, list(func(k things) care.RecordingFilter { return care.RecordingFilter{Patient: k.Patient.ID} })},
		{"Recordings", perInstance, false, list(func(k things) care.RecordingFilter { return care.RecordingFilter{Owner: k.Recording.Owner} })},
		{"Recordings", perInstance, false, list(func(things) care.RecordingFilter { return care.RecordingFilter{NameStatus: care.NameWaiting} })},
		{"Recordings", perInstance, false, list(func(things) care.RecordingFilter {
			return care.RecordingFilter{Withheld: ptr(false), IncludeDeleted: true}
		})},
		{"BlobKeyUsed", byName, false, func(tx store.Tx, _ care.Scope, k things) (any, error) { return tx.BlobKeyUsed(k.Recording.BlobKey) }},
	}
}

func auditMethods() []method {
	return []method{
		{"AuditHead", perTenant, false, func(tx store.Tx, s care.Scope, _ things) (any, error) {
			seq, hash, err := tx.AuditHead(s.Tenant)
			return pair(seq, hash, err)
		}},
		{"AppendAudit", perTenant, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return none(appendNext(tx, s.Tenant, 3, epoch, k.Patient.ID))
		}},
		{"AuditGroups", perTenant, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.AuditGroups(s.Tenant, 1, 100) }},
		{"AuditGroupsOf", perTenant, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.AuditGroupsOf(s.Tenant, k.Patient.ID, ptr(at(-9)), ptr(at(99)), 0, 100)
		}},
		{"AuditChains", everywhere, false, func(tx store.Tx, _ care.Scope, _ things) (any, error) { return tx.AuditChains() }},
		{"IndexAudit", perTenant, true, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.IndexAudit(s.Tenant, 2, subjects) }},
	}
}

func onceMethods() []method {
	return []method{
		{"Done", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			fingerprint, result, err := tx.Done(s, k.Actor, k.Key)
			return pair(fingerprint, result, err)
		}},
		{"SetDone", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return none(tx.SetDone(s, k.Actor, k.Key, "taken over", nil, epoch))
		}},
		{"DeleteDone", everywhere, true, func(tx store.Tx, _ care.Scope, _ things) (any, error) { return tx.DeleteDone(at(1e6), 1) }},
	}
}
