package policy

import (
	"maps"
	"slices"
	"strings"
	"time"

	"chartline/internal/care"
)

// Policy is the table of rules, ready to decide. It never changes.
type Policy struct{ rules map[care.Action]rule }

// New returns the policy.
func New() *Policy { return &Policy{rules: rules()} }

// Decision is an answer with its reason, in words for the audit log.
type Decision struct {
	Allowed bool
	Reason  string
	// Hidden reports that the actor may not even know that the target is there.
	Hidden bool
}

// Actions lists every action that a rule names, sorted.
func (p *Policy) Actions() []care.Action { return slices.Sorted(maps.Keys(p.rules)) }

// Known reports whether a rule names the action.
func (p *Policy) Known(a care.Action) bool { _, ok := p.rules[a]; return ok }

// GrantsFor returns the grants any one of which can admit to an action.
func (p *Policy) GrantsFor(a care.Action) []care.GrantName {
	r := p.rules[a]
	if r.channel {
		return []care.GrantName{care.GrantVoiceCalls, care.GrantVoiceCallsNoneCareTeam}
	}
	return slices.Clone(r.grants)
}

// May decides before the target is known: it refuses where no target could be
// allowed, so that a surface can answer 403 before it looks at the query.
func (p *Policy) May(actor care.Actor, action care.Action, s care.Scope, now time.Time) Decision {
	inTeam := p.Decide(actor, action, s, care.Target{CareTeam: true}, now)
	if inTeam.Allowed || actor.Kind != care.ActorPerson {
		return inTeam
	}
	return p.Decide(actor, action, s, care.Target{Patient: actor.Patient}, now)
}

// Decide says whether actor may do action in s on target at now.
func (p *Policy) Decide(actor care.Actor, action care.Action, s care.Scope, target care.Target, now time.Time) Decision {
	r, known := p.rules[action]
	switch {
	case !known:
		return refuse("no rule names this action")
	case actor.Kind == care.ActorOperator, actor.Kind == care.ActorSystem:
		return allow("operator")
	case actor.Kind != care.ActorClient && actor.Kind != care.ActorPerson:
		return refuse("no credential")
	case !actor.MayUse(s):
		return refuse("not an instance that the actor may use")
	case r.operators:
		return refuse("only operators do this")
	case r.self != "":
		return self(actor, r, target)
	case actor.Patient != "":
		return own(actor, r, target)
	case r.channel:
		return p.channel(actor, s, target, now)
	}
	return grants(actor, r, s, target, now)
}

// self is the rule of what an actor does for itself: its own secret admitted it.
func self(actor care.Actor, r rule, target care.Target) Decision {
	if actor.Kind != r.self {
		return refuse("only for a " + string(r.self) + " itself")
	}
	if actor.Patient != "" && target.Patient != "" && target.Patient != actor.Patient {
		return Decision{Reason: "another patient's", Hidden: true}
	}
	return allow("for themselves")
}

// own is the rule of patients: their own data, and nobody else's. Of another
// patient's they do not learn that it is there. Grants do not count.
func own(actor care.Actor, r rule, target care.Target) Decision {
	switch {
	case target.Patient != "" && target.Patient != actor.Patient:
		return Decision{Reason: "another patient's", Hidden: true}
	case !r.own || target.Patient == "":
		return refuse("not for patients")
	}
	return allow("their own")
}

// channel is the rule of voice calls: one grant for patients in whose care team
// the caller is, another for the rest. API clients are never in a care team.
func (p *Policy) channel(actor care.Actor, s care.Scope, target care.Target, now time.Time) Decision {
	need := care.GrantVoiceCallsNoneCareTeam
	if actor.Kind == care.ActorPerson && target.CareTeam {
		need = care.GrantVoiceCalls
	}
	if actor.Holds(s, need, now) {
		return allow("grant " + string(need))
	}
	return refuse("needs grant " + string(need))
}

func grants(actor care.Actor, r rule, s care.Scope, target care.Target, now time.Time) Decision {
	for _, g := range r.grants {
		if !actor.Holds(s, g, now) {
			continue
		}
		if actor.Kind == care.ActorPerson && target.Patient != "" && !target.CareTeam && g != care.GrantAdmin {
			return refuse("not in the patient's care team")
		}
		return allow("grant " + string(g))
	}
	names := make([]string, len(r.grants))
	for i, g := range r.grants {
		names[i] = string(g)
	}
	return refuse("needs grant " + strings.Join(names, " or "))
}

func allow(reason string) Decision  { return Decision{Allowed: true, Reason: reason} }
func refuse(reason string) Decision { return Decision{Reason: reason} }
