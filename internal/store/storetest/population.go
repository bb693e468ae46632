package storetest

import (
	"fmt"

	"pgregory.net/rapid"

	"chartline/internal/care"
	"chartline/internal/store"
)

// things is one of everything in a scope, with what names it.
type things struct {
	ward
	bookings
	charts
	Member    care.CareTeamMember
	Recording care.Recording // of the session
	Voicemail care.Recording // of the call
	Waiting   care.Recording // for the session's recording's name
	Client    care.Client
	Grant     care.Grant
	Token     care.Token
	Login     care.Login // the patient's
	Link      care.LoginLink
	Web       care.WebSession
	Actor     string
	Key       string

	InstanceKey care.InstanceKey
	DataKey     care.DataKey
	Shredded    care.ShreddedKey
	Damaged     care.DamagedObject
	Job         care.Job
	Adopted     care.AdoptedObject
}

// thingsOf makes things whose ids come from label and n, and whose texts, and
// what is unique in the whole installation, from the scope too. Two scopes'
// things of one label and n have the same ids.
func thingsOf(s care.Scope, label string, n int) things {
	c := clinic{s, label, fmt.Sprintf("%s-%s-%s", label, s.Tenant, s.Instance)}
	k := things{ward: ward{clinic: c, Patient: c.patient(n), Provider: c.provider(n)}, Actor: "actor " + label, Key: "key " + label}
	k.Patient.MRN, k.Patient.ExternalID = "M-"+label, "E-"+label
	k.Provider.Email = "provider@example.org"
	k.Encounter = c.encounter(int64(n), k.Patient, k.Provider)
	k.Session = c.session(n, k.Encounter.ID)
	k.Call = c.call(n, k.Patient)
	k.Call.Encounter = &k.Encounter.ID
	k.Member = c.member(k.Patient, k.Provider)
	k.Recording = c.ofSession(c.recording(1, "rec/"+label+".mp4"), k.Session, k.Patient)
	k.Voicemail = c.ofCall(c.recording(2, "voicemail "+label), k.Call)
	k.Waiting = c.ofCall(c.recording(3, k.Recording.Name), k.Call)
	k.Waiting.NameStatus = care.NameWaiting
	k.bookings = bookingsOf(k.ward, n)
	k.charts = chartsOf(k.ward, k.Recording, n)
	k.Client = c.client(n)
	k.Grant = c.grant(k.Client.Name, care.GrantCallRead)
	k.Token = c.token(k.Client.Name, n, epoch)
	k.Login = c.login(k.Patient, label)
	k.Link = c.link(k.Login, n)
	k.Web = c.webSession(k.Login, n)
	k.InstanceKey = c.instanceKey(n)
	k.DataKey, k.Shredded = c.dataKey(n, k.InstanceKey), c.shredded(n)
	k.Damaged = c.damaged(k.Voicemail)
	k.Job = c.job(n)
	k.Adopted = c.adopted(k.Voicemail)
	return k
}

func (k things) create(tx store.Tx) error {
	return all(
		func() error { return k.ward.create(tx) },
		func() error { return tx.PutCareTeamMember(k.Member) },
		func() error { return k.bookings.create(tx) },
		func() error { return each([]care.Recording{k.Recording, k.Voicemail, k.Waiting}, tx.CreateRecording) },
		func() error { return k.charts.create(tx) },
		func() error { return tx.CreateClient(k.Client) },
		func() error { return tx.PutGrant(k.Grant) },
		func() error { return tx.CreateToken(k.Token) },
		func() error { return tx.CreateLogin(k.Login) },
		func() error { return tx.CreateLoginLink(k.Link) },
		func() error { return tx.CreateWebSession(k.Web) },
		func() error { return tx.CreateInstanceKey(k.InstanceKey) },
		func() error { return tx.CreateDataKey(k.DataKey) },
		func() error {
			_, err := tx.Shred(k.Shredded)
			return err
		},
		func() error { return tx.PutDamagedObject(k.Damaged) },
		func() error { return enqueue(tx, k.Job) },
		func() error { return tx.CreateAdoptedObject(k.Adopted) },
		func() error { return tx.SetScrubPlace(scrubPlace(k.Damaged.Key)) },
		func() error { return appendNext(tx, k.Tenant, 2, epoch, k.Patient.ID) },
		func() error { return tx.SetDone(k.Scope, k.Actor, k.Key, k.mark, []byte(k.mark), epoch) },
		func() error {
			_, _, err := tx.CountAttempt(k.Client.Name, epoch, epoch)
			return err
		},
	)
}

// more adds further things beside k: so many and of such kinds as seed draws.
func (k things) more(tx store.Tx, seed int) error {
	draw := func(i, below int) int { return rapid.IntRange(0, below-1).Example(100*seed + i) }
	for i := range 1 + draw(99, 4) {
		call := k.call(1000+i, k.Patient)
		call.CalledAt = on(draw(i, 3))
		session := k.session(1000+i, k.Encounter.ID)
		r := k.ofCall(k.recording(1000+i, fmt.Sprintf("%d/%s", i, k.Recording.Name)), call)
		if draw(10+i, 3) == 0 {
			r = k.ofSession(r, session, k.Patient)
		}
		r.Consent = care.Consents()[draw(20+i, 3)]
		err := all(
			func() error { return tx.CreateCall(call) },
			func() error { return tx.CreateSession(session) },
			func() error { return tx.CreateRecording(r) },
			func() error { return appendNext(tx, k.Tenant, 1, at(draw(30+i, 9)), k.Patient.ID) },
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// dump reads all there is of a scope, through every list: what must stay the
// same when something else changes.
func dump(tx store.Tx, s care.Scope) (map[string]any, error) {
	out := map[string]any{}
	var failed error
	put := func(key string, v any, err error) {
		if failed == nil && err != nil && !care.IsNotFound(err) {
			failed = fmt.Errorf("%s: %w", key, err)
		}
		out[key] = v
	}
	tenant, err := tx.Tenant(s.Tenant)
	put("tenant", tenant, err)
	instance, err := tx.Instance(s)
	put("instance", instance, err)
	clients, err := tx.Clients(s.Tenant, "", 1000)
	put("clients", clients, err)
	for _, c := range clients {
		grants, err := tx.Grants(c.Name)
		put("grants of "+c.Name, grants, err)
		n, oldest, err := tx.TokensIssued(c.Name, epoch.AddDate(-200, 0, 0))
		put("tokens of "+c.Name, []any{n, oldest}, err)
		n, began, err := tx.Attempts(c.Name, epoch.AddDate(-200, 0, 0))
		put("attempts of "+c.Name, []any{n, began}, err)
	}
	patients, err := tx.Patients(s, 0, 1000)
	put("patients", patients, err)
	for _, p := range patients {
		team, err := tx.CareTeam(s, p.ID)
		put("care team of "+p.ID, team, err)
		items, total, err := tx.CallsPage(s, p.ID, care.CallPage{Size: 1000})
		put("calls of "+p.ID, []any{items, total}, err)
	}
	providers, err := tx.Providers(s, 0, 1000)
	put("providers", providers, err)
	encounters, err := tx.Encounters(s, 0, 0, 1000)
	put("encounters", encounters, err)
	for _, e := range encounters {
		visit, err := tx.Visit(s, e.ID)
		put(fmt.Sprint("visit ", e.ID), visit, err)
	}
	sessions, err := tx.Sessions(s, 0, "", 1000)
	put("sessions", sessions, err)
	calls, err := tx.Calls(s, "", "", 1000)
	put("calls", calls, err)
	recordings, err := tx.Recordings(s, care.RecordingFilter{IncludeDeleted: true}, nil, 1000)
	put("recordings", recordings, err)
	logins, err := tx.Logins(s, "", 1000)
	put("log-ins", logins, err)
	instanceKey, err := tx.NewestInstanceKey(s)
	put("instance key", instanceKey, err)
	dataKeys, err := tx.DataKeys(s, "", 1000)
	put("data keys", dataKeys, err)
	shredded, err := tx.ShreddedKeys(s, "", 1000)
	put("shredded keys", shredded, err)
	dumpBookings(tx, s, put)
	dumpCharts(tx, s, put)
	groups, err := tx.AuditGroups(s.Tenant, 0, 1000)
	put("audit", groups, err)
	seq, hash, err := tx.AuditHead(s.Tenant)
	put("audit head", []any{seq, hash}, err)
	return out, failed
}

// counters draws the next number of each sequence; whoever calls it must undo.
func counters(tx store.Tx, s care.Scope) ([]int64, error) {
	person, err := tx.NextPerson(s, 2024)
	if err != nil {
		return nil, err
	}
	encounter, err := tx.NextEncounter(s)
	return []int64{person, encounter}, err
}
