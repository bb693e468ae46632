package cli

import (
	"log/slog"
	"maps"
	"net/http"

	"github.com/google/uuid"

	"chartline/internal/config"
	"chartline/internal/trace"
	"chartline/internal/trace/otlp"
)

// tracer begins traces where the settings say where to; nil is nowhere.
func tracer(t config.Traces, log *slog.Logger) (*trace.Tracer, error) {
	if !t.On() {
		return nil, nil
	}
	exporter, err := otlp.New(otlpOptions(t, log))
	if err != nil {
		return nil, err
	}
	return trace.New(exporter, trace.Sampler{Ratio: t.Ratio, Parent: t.Parent}), nil
}

func otlpOptions(t config.Traces, log *slog.Logger) otlp.Options {
	o := otlp.Options{
		URL: t.Endpoint, Headers: http.Header{}, Transport: otlp.Transport{CAFile: t.CAFile, CertFile: t.CertFile, KeyFile: t.KeyFile},
		Resource: map[string]string{"service.version": buildOf().Version, "service.instance.id": uuid.NewString()}, Version: buildOf().Version,
		Gzip: t.Gzip, Timeout: t.Timeout, Delay: t.Delay, Queue: t.Queue, Batch: t.Batch, Log: log,
	}
	maps.Copy(o.Resource, t.Resource)
	for _, h := range t.Headers {
		o.Headers.Set(h.Name, h.Value.Reveal())
	}
	return o
}
