package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"chartline/internal/trace"
)

// task is work that recurs while the server runs.
type task struct {
	name    string
	every   time.Duration
	atStart bool
	atStop  bool // once more, after the last request
	run     func(context.Context) error
}

type tasks struct {
	list   []task
	log    *slog.Logger
	count  *metrics
	traces *trace.Tracer
	cancel context.CancelFunc
	wait   sync.WaitGroup
}

func startTasks(list []task, log *slog.Logger, count *metrics, traces *trace.Tracer) *tasks {
	ctx, cancel := context.WithCancel(context.Background())
	t := &tasks{list: list, log: log, count: count, traces: traces, cancel: cancel}
	for _, job := range list {
		t.wait.Go(func() { t.loop(ctx, job) })
	}
	return t
}

func (t *tasks) loop(ctx context.Context, job task) {
	tick := time.NewTicker(job.every)
	defer tick.Stop()
	if job.atStart {
		_ = t.once(ctx, job) // logged and counted; the next run tries again
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = t.once(ctx, job)
		}
	}
}

// once runs a task, which must not take the server down with it. Its failure is
// the loop's last holder's to report: it is logged here and the next run tries
// again.
func (t *tasks) once(ctx context.Context, job task) (err error) {
	ctx, span := t.traces.Root(ctx, trace.Task)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		outcome := "ok"
		if err != nil && ctx.Err() == nil {
			outcome = "failed"
			t.log.Error("recurring work failed", "task", job.name, "cause", err.Error())
		}
		t.count.taskRuns.With(outcome, job.name).Inc()
		span.Worked(job.name, outcome)
		span.End(err)
	}()
	return job.run(ctx)
}

// stop ends the loops and does what is due at a stop.
func (t *tasks) stop(ctx context.Context) error {
	t.cancel()
	t.wait.Wait()
	var failures []error
	for _, job := range t.list {
		if job.atStop {
			failures = append(failures, t.once(context.WithoutCancel(ctx), job))
		}
	}
	return errors.Join(failures...)
}
