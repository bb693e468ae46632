package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"chartline/internal/auth"
	"chartline/internal/care"
	"chartline/internal/policy"
)

type policyCmd struct {
	Grants  policyGrants  `cmd:"" help:"List every grant and what it lets a client do."`
	List    policyList    `cmd:"" help:"List what a client was granted."`
	Grant   policyGrant   `cmd:"" help:"Give a client grants in one instance."`
	Revoke  policyRevoke  `cmd:"" help:"Take grants away, everywhere by the time this returns."`
	Explain policyExplain `cmd:"" help:"Say whether a client may do something, and why (not)."`
}

// meanings says in words what each grant is for.
func meanings() map[care.GrantName]string {
	return map[care.GrantName]string{
		care.GrantVoiceCalls:             "calls and recordings of patients in whose care team the person is (people only)",
		care.GrantVoiceCallsNoneCareTeam: "calls and recordings of patients in whose care team the caller is not; for API clients, of all",
		care.GrantPhoneRecord:            "the export of an instance's calls",
		care.GrantUnrecognized:           "calls whose number matches no patient, or more than one",
		care.GrantSSO:                    "log a person in to the portal",
		care.GrantPatientRead:            "read patients, providers and care teams",
		care.GrantPatientWrite:           "register and change patients",
		care.GrantFormWrite:              "hand in forms and their attachments",
		care.GrantLabWrite:               "hand in lab reports and readings",
		care.GrantNoteWrite:              "hand in chart notes",
		care.GrantScheduleRead:           "read free appointment slots",
		care.GrantScheduleWrite:          "book and change appointments",
		care.GrantProviderSignup:         "sign providers up",
		care.GrantEncounterFromRecording: "find a recording's encounter by the recording's name",
		care.GrantAnalysis:               "ask for an analysis",
		care.GrantEncounterRead:          "read encounters and their video sessions",
		care.GrantEncounterWrite:         "create and change encounters and video sessions",
		care.GrantCallRead:               "read calls on the native surface",
		care.GrantCallWrite:              "create and change calls",
		care.GrantRecordingRead:          "read recordings and hear them on the native surface",
		care.GrantRecordingWrite:         "bring recordings in, settle, withhold, release, relink and delete them",
		care.GrantAuditRead:              "read, verify and export the audit log",
		care.GrantAdmin:                  "create and change providers and care teams",
	}
}

func grantNames(names []string) []care.GrantName {
	all := make([]care.GrantName, len(names))
	for i, n := range names {
		all[i] = care.GrantName(n)
	}
	return all
}

type policyGrants struct{}

type grantMeaning struct {
	Name    care.GrantName `json:"name"`
	Meaning string         `json:"meaning"`
	Actions []care.Action  `json:"actions"` // in this build
}

// Run lists grants; it needs no data.
func (policyGrants) Run(a *app) error {
	p := policy.New()
	var all []grantMeaning
	for _, name := range care.GrantNames() {
		g := grantMeaning{Name: name, Meaning: meanings()[name], Actions: []care.Action{}}
		for _, action := range p.Actions() {
			if slices.Contains(p.GrantsFor(action), name) {
				g.Actions = append(g.Actions, action)
			}
		}
		all = append(all, g)
	}
	return showPage(a, all, "",
		column[grantMeaning]{"GRANT", func(g grantMeaning) string { return string(g.Name) }},
		column[grantMeaning]{"LETS A CLIENT", func(g grantMeaning) string { return g.Meaning }})
}

type grantDoc struct {
	Client    string         `json:"client"`
	Instance  string         `json:"instance"`
	Name      care.GrantName `json:"name"`
	Until     *time.Time     `json:"until"`
	InForce   bool           `json:"inForce"`
	CreatedAt time.Time      `json:"createdAt"`
}

func (a *app) showGrants(grants []care.Grant) error {
	now := time.Now()
	all := docs(grants, func(g care.Grant) grantDoc {
		return grantDoc{Client: g.Client, Instance: g.Instance, Name: g.Name, Until: g.Until, InForce: g.InForce(now), CreatedAt: g.CreatedAt}
	})
	return showPage(a, all, "",
		column[grantDoc]{"INSTANCE", func(g grantDoc) string { return g.Instance }},
		column[grantDoc]{"GRANT", func(g grantDoc) string { return string(g.Name) }},
		column[grantDoc]{"IN FORCE", func(g grantDoc) string { return yesNo(g.InForce) }},
		column[grantDoc]{"UNTIL", func(g grantDoc) string { return whenPtr(g.Until) }})
}

type policyList struct {
	Tenant   string    `required:"" placeholder:"NAME" help:"The tenant."`
	Client   string    `required:"" placeholder:"NAME" help:"The client."`
	Settings dataFlags `embed:""`
}

// Run lists a client's grants, ended ones too.
func (c policyList) Run(a *app) error {
	return a.with(func(e *engine) error {
		grants, err := e.access.Grants(a.ctx, a.actor(), c.Tenant, c.Client)
		if err != nil {
			return err
		}
		return a.showGrants(grants)
	})
}

type policyGrant struct {
	Grants   []string   `arg:"" help:"The grants; see policy grants."`
	Client   string     `required:"" placeholder:"NAME" help:"The client."`
	Scope    scopeFlags `embed:""`
	Until    *time.Time `placeholder:"TIME" help:"When they end, such as 2027-01-31T00:00:00Z (default: never)."`
	Settings dataFlags  `embed:""`
}

// Run gives grants.
func (c policyGrant) Run(a *app) error {
	return a.with(func(e *engine) error {
		grants, err := e.access.Grant(a.ctx, a.actor(), c.Scope.scope(), c.Client, grantNames(c.Grants), c.Until)
		if err != nil {
			return err
		}
		if err := a.untilHeeded(); err != nil {
			return err
		}
		return a.showGrants(grants)
	})
}

type policyRevoke struct {
	Grants   []string   `arg:"" help:"The grants."`
	Client   string     `required:"" placeholder:"NAME" help:"The client."`
	Scope    scopeFlags `embed:""`
	Settings dataFlags  `embed:""`
}

// Run takes grants away.
func (c policyRevoke) Run(a *app) error {
	return a.with(func(e *engine) error {
		grants, err := e.access.RevokeGrant(a.ctx, a.actor(), c.Scope.scope(), c.Client, grantNames(c.Grants))
		if err != nil {
			return err
		}
		if err := a.untilHeeded(); err != nil {
			return err
		}
		return a.showGrants(grants)
	})
}

type policyExplain struct {
	Action   string     `arg:"" help:"The action, such as encounter.look_up; an unknown one lists them."`
	Client   string     `required:"" placeholder:"NAME" help:"The client."`
	Scope    scopeFlags `embed:""`
	Settings dataFlags  `embed:""`
}

type explanation struct {
	Client  string           `json:"client"`
	Action  care.Action      `json:"action"`
	Scope   string           `json:"scope"`
	Allowed bool             `json:"allowed"`
	Reason  string           `json:"reason"`
	AnyOf   []care.GrantName `json:"anyOf"` // grants that can admit
}

// Run asks the policy what the gate would ask it.
func (c policyExplain) Run(a *app) error {
	p, action := policy.New(), care.Action(c.Action)
	if !p.Known(action) {
		return usage{"no such action; the actions are " + joinActions(p.Actions())}
	}
	return a.with(func(e *engine) error {
		client, err := e.access.Client(a.ctx, a.actor(), c.Scope.Tenant, c.Client)
		if err != nil {
			return err
		}
		grants, err := e.access.Grants(a.ctx, a.actor(), c.Scope.Tenant, c.Client)
		if err != nil {
			return err
		}
		d := p.May(auth.ActorOf(client, grants), action, c.Scope.scope(), time.Now())
		if !client.Enabled {
			d = policy.Decision{Reason: "the client is disabled"}
		}
		x := explanation{Client: client.Name, Action: action, Scope: c.Scope.scope().String(), Allowed: d.Allowed, Reason: d.Reason, AnyOf: p.GrantsFor(action)}
		return a.show(x, func(w io.Writer) {
			verdict := "may not"
			if x.Allowed {
				verdict = "may"
			}
			fmt.Fprintf(w, "%s %s %s in %s: %s\n", x.Client, verdict, x.Action, x.Scope, x.Reason)
		})
	})
}

func joinActions(actions []care.Action) string {
	names := make([]string, len(actions))
	for i, a := range actions {
		names[i] = string(a)
	}
	return strings.Join(names, " ")
}
