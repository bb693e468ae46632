package faulttest

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// state is what is known of a thing that was asked for.
type state int

const (
	tried   state = iota // it was asked for: it may be there, and then whole
	there                // a 2xx said that it is
	leaving              // its removal was asked for: it may be there, and then whole
	gone                 // a 2xx said that it is not, or a refusal that it never was
)

// The nouns of /api/v1 that a ledger knows, in the order in which they refer to
// each other, with the member by which each of its things is known. All are
// chosen by who creates, so that a thing is known before it is acknowledged.
var nouns = []struct{ path, key string }{
	{"patients", "id"}, {"encounters", "id"}, {"sessions", "id"}, {"calls", "id"}, {"recordings", "name"},
}

// fields are members of a thing's document, as text.
type fields map[string]string

// thing is one that was asked for.
type thing struct {
	noun, key string
	state     state
	// forms are what it may be: as last acknowledged, and as tried since.
	forms []fields
	id    string // a recording's, once it is known
	heard bool   // a recording's bytes were compared since it came
}

// ledger is what a tenant's clients were told.
type ledger struct {
	count atomic.Int64

	mu     sync.Mutex
	things map[string]*thing // by noun and key
	// answered are the ids of requests whose answers told something, and whose
	// audit entries were not seen yet.
	answered map[string]string
	history  []event // of what was tried and told, in the order in which the clients knew
}

// event is something that was asked for, or, with the request that was answered,
// what was told of it.
type event struct {
	noun, key string
	form      fields
	becomes   state
	request   string
	id        string // a recording's
}

func newLedger() *ledger {
	return &ledger{things: map[string]*thing{}, answered: map[string]string{}}
}

// next is a number that no other thing of the tenant has.
func (l *ledger) next() int64 { return l.count.Add(1) }

// try enters a thing before it is asked for. One that is known already may come
// to be as before, or as tried now.
func (l *ledger) try(noun, key string, f fields) *thing {
	l.mu.Lock()
	defer l.mu.Unlock()
	th := l.things[noun+" "+key]
	if th == nil {
		th = &thing{noun: noun, key: key}
		l.things[noun+" "+key] = th
	}
	if th.state == gone {
		*th = thing{noun: noun, key: key}
	}
	th.forms = append(th.forms, f)
	l.history = append(l.history, event{noun: noun, key: key, form: f, becomes: tried})
	return th
}

// note enters into the history what becomes of th, by which answer.
func (l *ledger) note(th *thing, becomes state, request string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.history = append(l.history, event{noun: th.noun, key: th.key, becomes: becomes, request: request, id: th.id})
}

// acknowledge notes that a 2xx told that th is as last tried.
func (l *ledger) acknowledge(th *thing) {
	l.mu.Lock()
	defer l.mu.Unlock()
	th.state, th.forms = there, th.forms[len(th.forms)-1:]
}

// settle notes what became of th.
func (l *ledger) settle(th *thing, s state) {
	l.mu.Lock()
	defer l.mu.Unlock()
	th.state = s
}

func (l *ledger) identify(th *thing, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	th.id = id
}

// answer notes that a request was told something.
func (l *ledger) answer(requestID, what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answered[requestID] = what
}

// known returns the things of a noun in a state.
func (l *ledger) known(noun string, s state) []*thing {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []*thing
	for _, th := range l.things {
		if th.noun == noun && th.state == s {
			found = append(found, th)
		}
	}
	return found
}

// compare holds a thing's documents, those that a server lists, against what
// was acknowledged, and takes them as what is known from then on.
func (l *ledger) compare(noun, key string, listed map[string]fields) (faults []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for name, got := range listed {
		th := l.things[noun+" "+name]
		switch {
		case th == nil:
			fault("%s %s is there and was never asked for", noun, name)
			continue
		case th.state == gone:
			fault("%s %s is there and was removed or refused", noun, name)
		}
		form := th.formOf(got)
		if form == nil {
			fault("%s %s is %v, want one of %v", noun, name, got, th.forms)
			continue
		}
		th.state, th.forms = there, []fields{form}
		if noun == "recordings" {
			th.id = got["id"]
		}
	}
	for _, th := range l.things {
		if _, is := listed[th.key]; th.noun != noun || is {
			continue
		}
		if th.state == there {
			fault("%s %s was acknowledged and is not there", noun, th.key)
		}
		th.state = gone
	}
	return faults
}

// formOf returns the form that a document shows; nil for none.
func (th *thing) formOf(got fields) fields {
	for _, form := range th.forms {
		same := true
		for name, want := range form {
			same = same && got[name] == want
		}
		if same {
			return form
		}
	}
	return nil
}
