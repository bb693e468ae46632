package faulttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/server"
	"chartline/internal/store"
	"chartline/internal/testkit"
)

// F31. These servers are in this process, over engines that panic where they are
// told to.

// panicky panics about what it is told to.
type panicky struct {
	mu    sync.Mutex
	about map[string]bool
}

func (p *panicky) set(what string, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.about[what] = on
}

func (p *panicky) at(what string) {
	p.mu.Lock()
	on := p.about[what]
	p.mu.Unlock()
	if on {
		panic("a bug at " + what)
	}
}

type panickyStore struct {
	store.Store
	*panicky
}

func (s panickyStore) View(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.View(ctx, func(tx store.Tx) error { return fn(panickyTx{tx, s.panicky}) })
}

func (s panickyStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.Update(ctx, func(tx store.Tx) error { return fn(panickyTx{tx, s.panicky}) })
}

type panickyTx struct {
	store.Tx
	*panicky
}

func (x panickyTx) Patient(s care.Scope, id string) (care.Patient, error) {
	x.at("patient " + id)
	return x.Tx.Patient(s, id)
}

func (x panickyTx) CreateCall(c care.Call) error {
	err := x.Tx.CreateCall(c) // the bug is after the row was made
	x.at("call " + c.ExternalID)
	return err
}

type panickyMedia struct {
	blob.Store
	*panicky
}

func (m panickyMedia) Open(ctx context.Context, key string, size int64) (blob.Object, error) {
	m.at("open")
	o, err := m.Store.Open(ctx, key, size)
	if err != nil {
		return nil, err
	}
	return panickyObject{o, m.panicky}, nil
}

func (m panickyMedia) Put(ctx context.Context, key string, r io.Reader, o blob.PutOptions) (blob.Info, error) {
	return m.Store.Put(ctx, key, panickyReader{r, m.panicky}, o)
}

func (m panickyMedia) List(ctx context.Context, prefix string) iter.Seq2[blob.Entry, error] {
	m.at("list")
	return m.Store.List(ctx, prefix)
}

// panickyObject panics in its middle.
type panickyObject struct {
	blob.Object
	*panicky
}

func (o panickyObject) Read(p []byte) (int, error) {
	if at, err := o.Seek(0, io.SeekCurrent); err == nil && at > 100_000 {
		o.at("read")
	}
	return o.Object.Read(p)
}

type panickyReader struct {
	io.Reader
	*panicky
}

func (r panickyReader) Read(p []byte) (int, error) {
	r.at("body")
	return r.Reader.Read(p)
}

// panicSite is a server over such engines.
type panicSite struct {
	*testkit.Kit
	*panicky
	c   clinic
	log *logBuffer
}

func newPanicSite(t *testing.T) panicSite {
	t.Helper()
	p := panicSite{panicky: &panicky{about: map[string]bool{}}, log: &logBuffer{}}
	p.Kit = testkit.New(t, testkit.Options{
		Log:   p.log,
		Store: func(s store.Store) store.Store { return panickyStore{s, p.panicky} },
		Media: func(b blob.Store) blob.Store { return panickyMedia{b, p.panicky} },
	})
	p.Tenant(t, live.Tenant, live.Instance)
	_, token := p.Client(t, live, care.GrantNames()...)
	tn := newTenant(credentials{tenantName: live.Tenant, token: token})
	tn.reach(p.Serve(t))
	p.c = clinic{tenant: tn}
	return p
}

// mustFail compares the answer of a request that met a bug, and the log.
func (p panicSite) mustFail(t *testing.T, got reply, err error) {
	t.Helper()
	if err != nil || got.status != http.StatusInternalServerError {
		t.Errorf("%v, %v; want 500", got, err)
		return
	}
	if strings.Contains(string(got.body), "bug") || strings.Contains(string(got.body), "goroutine") {
		t.Errorf("it tells too much: %v", got)
	}
	if id := got.member("errorId"); id == "" || !strings.Contains(p.log.whole(), `"error":"`+id+`","cause":`) {
		t.Errorf("the log does not hold what %v is about", got)
	}
}

func TestABugInAReadFailsItsRequestAndNoOther(t *testing.T) {
	t.Parallel()
	p := newPanicSite(t)
	unlucky, got, err := p.c.newPatient(t.Context())
	must(t, err)
	lucky, _, err := p.c.newPatient(t.Context())
	must(t, err)
	p.set("patient "+unlucky.key, true)
	var wait sync.WaitGroup
	for range 5 * runtime.NumCPU() { // more than there are connections to lose
		wait.Go(func() {
			got, err := p.c.get(t.Context(), "/api/v1/patients/"+unlucky.key)
			p.mustFail(t, got, err)
		})
		wait.Go(func() {
			if got, err := p.c.get(t.Context(), "/api/v1/patients/"+lucky.key); err != nil || got.status != http.StatusOK {
				t.Errorf("another request: %v, %v", got, err)
			}
		})
	}
	wait.Wait()
	p.set("patient "+unlucky.key, false)
	if again, err := p.c.get(t.Context(), "/api/v1/patients/"+unlucky.key); err != nil || !bytes.Equal(again.body, got.body) {
		t.Errorf("without the bug: %v, %v", again, err)
	}
}

func TestABugInAWriteUndoesItsOwnWorkAndNoOther(t *testing.T) {
	t.Parallel()
	p := newPanicSite(t)
	patient, _, err := p.c.newPatient(t.Context())
	must(t, err)
	create := func(n int, key string) (reply, error) {
		return p.c.ask(t.Context(), http.MethodPost, "/api/v1/calls", document(map[string]any{
			"patientId": patient.key, "direction": "INBOUND", "status": "COMPLETED", "calledAt": "2026-02-20T10:57:13Z", "externalId": fmt.Sprintf("X-%d", n),
		}), "Content-Type: application/json", "Idempotency-Key: "+key)
	}
	const n = 40
	keys := make([]string, n)
	for i := range n {
		keys[i] = uuid.NewString()
		p.set(fmt.Sprintf("call X-%d", i), i%4 == 0)
	}
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			got, err := create(i, keys[i])
			if i%4 == 0 {
				p.mustFail(t, got, err)
			} else if err != nil || got.status != http.StatusCreated {
				t.Errorf("another write: %v, %v", got, err)
			}
		})
	}
	wait.Wait()
	if calls := p.c.list(t, "calls", "externalId"); len(calls) != n*3/4 {
		t.Errorf("%d calls are there, want %d", len(calls), n*3/4)
	}
	// What failed has not happened: its key is free.
	for i := 0; i < n; i += 4 {
		p.set(fmt.Sprintf("call X-%d", i), false)
		if got, err := create(i, keys[i]); err != nil || got.status != http.StatusCreated {
			t.Errorf("again without the bug: %v, %v", got, err)
		}
	}
	v, err := p.Oversight.VerifyAll(t.Context(), testkit.Operator())
	if err != nil || !v.OK() || len(p.c.list(t, "calls", "id")) != n {
		t.Errorf("in the end: %+v, %v", v, err)
	}
}

func TestABugInADeliveryOrAnUploadLeavesNothingHalf(t *testing.T) {
	t.Parallel()
	p := newPanicSite(t)
	call := p.c.mustHaveCall(t)
	data := sound(400_000)
	th, got, err := p.c.upload(t.Context(), p.c.newName(), "call", call.key, data)
	if err != nil || got.status != http.StatusCreated {
		t.Fatalf("%v, %v", got, err)
	}
	path := "/api/v1/recordings/" + th.id + "/content"

	p.set("read", true) // the answer has begun: it is cut, and cannot pass for whole
	if got, err := p.c.get(t.Context(), path); err == nil || len(got.body) == len(data) {
		t.Errorf("a delivery ends well with %d of %d bytes", len(got.body), len(data))
	}
	p.set("read", false)
	p.set("open", true)
	got, err = p.c.get(t.Context(), path)
	p.mustFail(t, got, err)
	p.set("open", false)

	p.set("body", true)
	_, got, err = p.c.upload(t.Context(), p.c.newName(), "call", call.key, data)
	p.mustFail(t, got, err)
	p.set("body", false)

	objects := 0
	for _, err := range p.Media.List(t.Context(), "") {
		must(t, err)
		objects++
	}
	swept, err := p.Media.Sweep(t.Context())
	if err != nil || objects != 1 || swept != 0 {
		t.Errorf("%d objects are stored, want 1; %d temporary files were left, %v", objects, swept, err)
	}
	if got, err := p.c.listen(t.Context(), th); err != nil || got.status != http.StatusOK {
		t.Errorf("without the bug: %v, %v", got.status, err)
	}
}

func TestABugInRecurringWorkEndsThatRunOnly(t *testing.T) {
	t.Parallel()
	p := newPanicSite(t)
	p.set("list", true)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Server.Run(ctx, server.Listeners{Main: l}) }()
	p.c.reach("http://" + l.Addr().String())
	eventually(t, "the sweep does not fail", func() bool { return strings.Contains(p.log.whole(), `"task":"sweep","cause":"panic: a bug at list"`) })
	if got, err := p.c.get(t.Context(), "/api/v1/patients"); err != nil || got.status != http.StatusOK {
		t.Errorf("%v, %v", got, err)
	}
	stop()
	if err := <-ended; err != nil && !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("it ends with %v", err)
	}
}
