package otlp

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"chartline/internal/trace"
)

// Options say where spans go.
type Options struct {
	URL       string // of the collector's traces, such as http://127.0.0.1:4318/v1/traces
	Headers   http.Header
	Transport Transport
	// Resource is what is said of the service, by attribute; Version is the
	// program's.
	Resource map[string]string
	Version  string
	Gzip     bool

	Timeout time.Duration // of one sending; 0 is ten seconds
	Delay   time.Duration // for which spans are gathered; 0 is five seconds
	Queue   int           // spans that wait at most; 0 is 2048
	Batch   int           // spans that are sent at once at most; 0 is 512

	Log *slog.Logger
}

// What becomes of a span.
const (
	sent     = "sent"
	dropped  = "dropped"  // the queue was full
	failed   = "failed"   // it could not be sent
	rejected = "rejected" // the collector took what it came with, and not it
)

// Exporter implements trace.Exporter.
type Exporter struct {
	o      Options
	client *http.Client
	queue  chan trace.Span
	told   func(outcome string, spans int)

	closing chan struct{}
	close   sync.Once
	done    chan struct{}
	stop    context.CancelFunc // of what is being sent
	failing bool
}

var _ trace.Exporter = (*Exporter)(nil)

// New returns an exporter, which is to be started.
func New(o Options) (*Exporter, error) {
	transport, err := o.Transport.open()
	if err != nil {
		return nil, err
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Delay <= 0 {
		o.Delay = 5 * time.Second
	}
	if o.Queue <= 0 {
		o.Queue = 2048
	}
	if o.Batch <= 0 {
		o.Batch = 512
	}
	e := &Exporter{
		o: o, queue: make(chan trace.Span, o.Queue), closing: make(chan struct{}), done: make(chan struct{}),
		client: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	return e, nil
}

// Start implements trace.Exporter. It is called once.
func (e *Exporter) Start(told func(outcome string, spans int)) {
	ctx, cancel := context.WithCancel(context.Background())
	e.told, e.stop = told, cancel
	go e.run(ctx)
}

// Take implements trace.Exporter.
func (e *Exporter) Take(s trace.Span) {
	select {
	case e.queue <- s:
	default:
		e.told(dropped, 1)
	}
}

// Close implements trace.Exporter.
func (e *Exporter) Close(ctx context.Context) {
	e.close.Do(func() { close(e.closing) })
	select {
	case <-e.done:
	case <-ctx.Done():
		e.stop()
		<-e.done
	}
	e.stop()
	e.client.CloseIdleConnections()
}

// run sends batches as they fill or their time comes, and what is left at the end.
func (e *Exporter) run(ctx context.Context) {
	defer close(e.done)
	tick := time.NewTicker(e.o.Delay)
	defer tick.Stop()
	batch := make([]trace.Span, 0, e.o.Batch)
	for {
		select {
		case s := <-e.queue:
			if batch = append(batch, s); len(batch) < e.o.Batch {
				continue
			}
		case <-tick.C:
		case <-e.closing:
			e.drain(ctx, batch)
			return
		}
		e.deliver(ctx, batch)
		batch = batch[:0]
	}
}

// drain sends a batch with what is queued.
func (e *Exporter) drain(ctx context.Context, batch []trace.Span) {
	for {
		select {
		case s := <-e.queue:
			if batch = append(batch, s); len(batch) == e.o.Batch {
				e.deliver(ctx, batch)
				batch = batch[:0]
			}
		default:
			e.deliver(ctx, batch)
			return
		}
	}
}

// deliver sends a batch and counts what became of it.
func (e *Exporter) deliver(ctx context.Context, batch []trace.Span) {
	if len(batch) == 0 {
		return
	}
	refused, err := e.send(ctx, batch)
	if refused = min(max(refused, 0), len(batch)); err != nil {
		e.told(failed, len(batch))
	} else {
		e.told(sent, len(batch)-refused)
		e.told(rejected, refused)
	}
	if err != nil && !e.failing && e.o.Log != nil {
		e.o.Log.Warn("traces cannot be sent and are dropped until they can", "cause", err.Error())
	}
	e.failing = err != nil
}
