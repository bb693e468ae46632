package server

import (
	"context"

	"chartline/internal/care"
	"chartline/internal/jobs"
)

// handlers are what this server does of durable work, by kind.
func (s *Server) handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{
		care.JobRemoveMedia: func(ctx context.Context, j care.Job) (jobs.Effect, error) {
			return nil, s.deps.Recordings.RemoveMedia(ctx, j.Payload)
		},
	}
}

// startJobs does durable work until the function that it returns was called.
func (s *Server) startJobs() (stop func()) {
	if s.deps.Jobs == nil {
		return func() {}
	}
	o := *s.deps.Jobs
	o.Handlers, o.Log, o.Now, o.Traces = s.handlers(), s.deps.Log, s.deps.Now, s.deps.Traces
	o.Told = func(kind string, outcome jobs.Outcome) {
		s.metrics.jobRuns.With(kind, string(outcome)).Inc()
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		jobs.NewRunner(o).Run(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}
