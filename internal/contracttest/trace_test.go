package contracttest

import (
	"context"
	"sync"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

// tracedStore notes which methods of a transaction are called, in order. Those
// that the compared requests use are here; others pass unseen.
type tracedStore struct {
	store.Store
	trace *trace
}

// trace is a list of calls.
type trace struct {
	mu    sync.Mutex
	calls []string
}

func (t *trace) note(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls = append(t.calls, name)
}

// take returns the calls since it was last called.
func (t *trace) take() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	calls := t.calls
	t.calls = nil
	return calls
}

func (s tracedStore) View(ctx context.Context, fn func(store.Tx) error) error {
	s.trace.note("View")
	return s.Store.View(ctx, func(tx store.Tx) error { return fn(tracedTx{tx, s.trace}) })
}

func (s tracedStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	s.trace.note("Update")
	return s.Store.Update(ctx, func(tx store.Tx) error { return fn(tracedTx{tx, s.trace}) })
}

type tracedTx struct {
	store.Tx
	trace *trace
}

var _ store.Tx = tracedTx{}

func (x tracedTx) CreateTenant(a0 care.Tenant) error {
	x.trace.note("CreateTenant")
	return x.Tx.CreateTenant(a0)
}

func (x tracedTx) Tenant(name string) (care.Tenant, error) {
	x.trace.note("Tenant")
	return x.Tx.Tenant(name)
}

func (x tracedTx) Tenants(after string, limit int) ([]care.Tenant, error) {
	x.trace.note("Tenants")
	return x.Tx.Tenants(after, limit)
}

func (x tracedTx) CreateInstance(a0 care.Instance) error {
	x.trace.note("CreateInstance")
	return x.Tx.CreateInstance(a0)
}

func (x tracedTx) Instance(a0 care.Scope) (care.Instance, error) {
	x.trace.note("Instance")
	return x.Tx.Instance(a0)
}

func (x tracedTx) Instances(tenant string) ([]care.Instance, error) {
	x.trace.note("Instances")
	return x.Tx.Instances(tenant)
}

func (x tracedTx) UpdateInstance(a0 care.Instance) error {
	x.trace.note("UpdateInstance")
	return x.Tx.UpdateInstance(a0)
}

func (x tracedTx) CreateClient(a0 care.Client) error {
	x.trace.note("CreateClient")
	return x.Tx.CreateClient(a0)
}

func (x tracedTx) Client(name string) (care.Client, error) {
	x.trace.note("Client")
	return x.Tx.Client(name)
}

func (x tracedTx) Clients(tenant string, after string, limit int) ([]care.Client, error) {
	x.trace.note("Clients")
	return x.Tx.Clients(tenant, after, limit)
}

func (x tracedTx) UpdateClient(a0 care.Client) error {
	x.trace.note("UpdateClient")
	return x.Tx.UpdateClient(a0)
}

func (x tracedTx) PutGrant(a0 care.Grant) error {
	x.trace.note("PutGrant")
	return x.Tx.PutGrant(a0)
}

func (x tracedTx) DeleteGrant(tenant string, instance string, client string, name care.GrantName) error {
	x.trace.note("DeleteGrant")
	return x.Tx.DeleteGrant(tenant, instance, client, name)
}

func (x tracedTx) Grants(client string) ([]care.Grant, error) {
	x.trace.note("Grants")
	return x.Tx.Grants(client)
}

func (x tracedTx) CreateToken(a0 care.Token) error {
	x.trace.note("CreateToken")
	return x.Tx.CreateToken(a0)
}

func (x tracedTx) Token(hash [32]byte) (care.Token, error) {
	x.trace.note("Token")
	return x.Tx.Token(hash)
}

func (x tracedTx) TokensIssued(client string, since time.Time) (int, time.Time, error) {
	x.trace.note("TokensIssued")
	return x.Tx.TokensIssued(client, since)
}

func (x tracedTx) DeleteTokens(client string) error {
	x.trace.note("DeleteTokens")
	return x.Tx.DeleteTokens(client)
}

func (x tracedTx) DeleteExpiredTokens(t time.Time, limit int) (int, error) {
	x.trace.note("DeleteExpiredTokens")
	return x.Tx.DeleteExpiredTokens(t, limit)
}

func (x tracedTx) CountAttempt(key string, windowStart time.Time, now time.Time) (int, time.Time, error) {
	x.trace.note("CountAttempt")
	return x.Tx.CountAttempt(key, windowStart, now)
}

func (x tracedTx) Attempts(key string, windowStart time.Time) (int, time.Time, error) {
	x.trace.note("Attempts")
	return x.Tx.Attempts(key, windowStart)
}

func (x tracedTx) DeleteAttempts(before time.Time, limit int) (int, error) {
	x.trace.note("DeleteAttempts")
	return x.Tx.DeleteAttempts(before, limit)
}

func (x tracedTx) NextPerson(s care.Scope, year int) (int64, error) {
	x.trace.note("NextPerson")
	return x.Tx.NextPerson(s, year)
}

func (x tracedTx) CreatePatient(a0 care.Patient) error {
	x.trace.note("CreatePatient")
	return x.Tx.CreatePatient(a0)
}

func (x tracedTx) Patient(s care.Scope, id string) (care.Patient, error) {
	x.trace.note("Patient")
	return x.Tx.Patient(s, id)
}

func (x tracedTx) PatientByNumber(s care.Scope, number int64) (care.Patient, error) {
	x.trace.note("PatientByNumber")
	return x.Tx.PatientByNumber(s, number)
}

func (x tracedTx) PatientByMRN(s care.Scope, mrn string) (care.Patient, error) {
	x.trace.note("PatientByMRN")
	return x.Tx.PatientByMRN(s, mrn)
}

func (x tracedTx) PatientByExternalID(s care.Scope, id string) (care.Patient, error) {
	x.trace.note("PatientByExternalID")
	return x.Tx.PatientByExternalID(s, id)
}

func (x tracedTx) UpdatePatient(a0 care.Patient) error {
	x.trace.note("UpdatePatient")
	return x.Tx.UpdatePatient(a0)
}

func (x tracedTx) Patients(s care.Scope, after int64, limit int) ([]care.Patient, error) {
	x.trace.note("Patients")
	return x.Tx.Patients(s, after, limit)
}

func (x tracedTx) CreateProvider(a0 care.Provider) error {
	x.trace.note("CreateProvider")
	return x.Tx.CreateProvider(a0)
}

func (x tracedTx) Provider(s care.Scope, number int64) (care.Provider, error) {
	x.trace.note("Provider")
	return x.Tx.Provider(s, number)
}

func (x tracedTx) ProviderByID(s care.Scope, id string) (care.Provider, error) {
	x.trace.note("ProviderByID")
	return x.Tx.ProviderByID(s, id)
}

func (x tracedTx) UpdateProvider(a0 care.Provider) error {
	x.trace.note("UpdateProvider")
	return x.Tx.UpdateProvider(a0)
}

func (x tracedTx) Providers(s care.Scope, after int64, limit int) ([]care.Provider, error) {
	x.trace.note("Providers")
	return x.Tx.Providers(s, after, limit)
}

func (x tracedTx) PutCareTeamMember(a0 care.CareTeamMember) error {
	x.trace.note("PutCareTeamMember")
	return x.Tx.PutCareTeamMember(a0)
}

func (x tracedTx) DeleteCareTeamMember(s care.Scope, patient string, provider int64) error {
	x.trace.note("DeleteCareTeamMember")
	return x.Tx.DeleteCareTeamMember(s, patient, provider)
}

func (x tracedTx) CareTeam(s care.Scope, patient string) ([]care.CareTeamMember, error) {
	x.trace.note("CareTeam")
	return x.Tx.CareTeam(s, patient)
}

func (x tracedTx) InCareTeam(s care.Scope, patient string, provider int64) (bool, error) {
	x.trace.note("InCareTeam")
	return x.Tx.InCareTeam(s, patient, provider)
}

func (x tracedTx) NextEncounter(a0 care.Scope) (int64, error) {
	x.trace.note("NextEncounter")
	return x.Tx.NextEncounter(a0)
}

func (x tracedTx) CreateEncounter(a0 care.Encounter) error {
	x.trace.note("CreateEncounter")
	return x.Tx.CreateEncounter(a0)
}

func (x tracedTx) Encounter(s care.Scope, id int64) (care.Encounter, error) {
	x.trace.note("Encounter")
	return x.Tx.Encounter(s, id)
}

func (x tracedTx) UpdateEncounter(a0 care.Encounter) error {
	x.trace.note("UpdateEncounter")
	return x.Tx.UpdateEncounter(a0)
}

func (x tracedTx) Encounters(s care.Scope, patient int64, after int64, limit int) ([]care.Encounter, error) {
	x.trace.note("Encounters")
	return x.Tx.Encounters(s, patient, after, limit)
}

func (x tracedTx) RecordingsNamed(s care.Scope, name string) ([]care.Recording, error) {
	x.trace.note("RecordingsNamed")
	return x.Tx.RecordingsNamed(s, name)
}

func (x tracedTx) Visit(s care.Scope, encounter int64) (care.Visit, error) {
	x.trace.note("Visit")
	return x.Tx.Visit(s, encounter)
}

func (x tracedTx) VisitNamed(s care.Scope, name string) (care.RecordingName, care.Visit, error) {
	x.trace.note("VisitNamed")
	return x.Tx.VisitNamed(s, name)
}

func (x tracedTx) CreateSession(a0 care.Session) error {
	x.trace.note("CreateSession")
	return x.Tx.CreateSession(a0)
}

func (x tracedTx) Session(s care.Scope, id string) (care.Session, error) {
	x.trace.note("Session")
	return x.Tx.Session(s, id)
}

func (x tracedTx) UpdateSession(a0 care.Session) error {
	x.trace.note("UpdateSession")
	return x.Tx.UpdateSession(a0)
}

func (x tracedTx) Sessions(s care.Scope, encounter int64, after string, limit int) ([]care.Session, error) {
	x.trace.note("Sessions")
	return x.Tx.Sessions(s, encounter, after, limit)
}

func (x tracedTx) CreateCall(a0 care.Call) error {
	x.trace.note("CreateCall")
	return x.Tx.CreateCall(a0)
}

func (x tracedTx) Call(s care.Scope, id string) (care.Call, error) {
	x.trace.note("Call")
	return x.Tx.Call(s, id)
}

func (x tracedTx) UpdateCall(a0 care.Call) error {
	x.trace.note("UpdateCall")
	return x.Tx.UpdateCall(a0)
}

func (x tracedTx) CallsPage(s care.Scope, patient string, p care.CallPage) ([]care.CallItem, int, error) {
	x.trace.note("CallsPage")
	return x.Tx.CallsPage(s, patient, p)
}

func (x tracedTx) Calls(s care.Scope, patient string, after string, limit int) ([]care.Call, error) {
	x.trace.note("Calls")
	return x.Tx.Calls(s, patient, after, limit)
}

func (x tracedTx) CreateRecording(a0 care.Recording) error {
	x.trace.note("CreateRecording")
	return x.Tx.CreateRecording(a0)
}

func (x tracedTx) Recording(s care.Scope, id string) (care.Recording, error) {
	x.trace.note("Recording")
	return x.Tx.Recording(s, id)
}

func (x tracedTx) UpdateRecording(a0 care.Recording) error {
	x.trace.note("UpdateRecording")
	return x.Tx.UpdateRecording(a0)
}

func (x tracedTx) RecordingsOf(s care.Scope, o care.Owner) ([]care.Recording, error) {
	x.trace.note("RecordingsOf")
	return x.Tx.RecordingsOf(s, o)
}

func (x tracedTx) NameHolder(s care.Scope, name string) (care.Recording, error) {
	x.trace.note("NameHolder")
	return x.Tx.NameHolder(s, name)
}

func (x tracedTx) NameWaiters(s care.Scope, name string) ([]care.Recording, error) {
	x.trace.note("NameWaiters")
	return x.Tx.NameWaiters(s, name)
}

func (x tracedTx) Recordings(s care.Scope, f care.RecordingFilter, before *store.RecordingKey, limit int) ([]care.Recording, error) {
	x.trace.note("Recordings")
	return x.Tx.Recordings(s, f, before, limit)
}

func (x tracedTx) BlobKeyUsed(key string) (bool, error) {
	x.trace.note("BlobKeyUsed")
	return x.Tx.BlobKeyUsed(key)
}

func (x tracedTx) AuditHead(chain string) (int64, [32]byte, error) {
	x.trace.note("AuditHead")
	return x.Tx.AuditHead(chain)
}

func (x tracedTx) AppendAudit(g store.AuditGroup) error {
	x.trace.note("AppendAudit")
	return x.Tx.AppendAudit(g)
}

func (x tracedTx) AuditGroups(chain string, after int64, limit int) ([]store.AuditGroup, error) {
	x.trace.note("AuditGroups")
	return x.Tx.AuditGroups(chain, after, limit)
}

func (x tracedTx) AuditGroupsOf(chain string, patient string, from *time.Time, until *time.Time, after int64, limit int) ([]store.AuditGroup, error) {
	x.trace.note("AuditGroupsOf")
	return x.Tx.AuditGroupsOf(chain, patient, from, until, after, limit)
}

func (x tracedTx) AuditChains() ([]string, error) {
	x.trace.note("AuditChains")
	return x.Tx.AuditChains()
}

func (x tracedTx) IndexAudit(chain string, limit int, subjects func(store.AuditGroup) ([]string, error)) (more bool, err error) {
	x.trace.note("IndexAudit")
	return x.Tx.IndexAudit(chain, limit, subjects)
}

func (x tracedTx) Done(s care.Scope, actor string, key string) (fingerprint string, result []byte, err error) {
	x.trace.note("Done")
	return x.Tx.Done(s, actor, key)
}

func (x tracedTx) SetDone(s care.Scope, actor string, key string, fingerprint string, result []byte, at time.Time) error {
	x.trace.note("SetDone")
	return x.Tx.SetDone(s, actor, key, fingerprint, result, at)
}

func (x tracedTx) DeleteDone(before time.Time, limit int) (int, error) {
	x.trace.note("DeleteDone")
	return x.Tx.DeleteDone(before, limit)
}
