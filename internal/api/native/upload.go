package native

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
	"chartline/internal/clinic/recordings"
)

type uploadRecording struct {
	Name      string     `query:"name" required:"true" doc:"As the recorder gave it; any text up to 1024 bytes"`
	Session   string     `query:"session" doc:"The session it belongs to; this or call"`
	Call      string     `query:"call" doc:"The call it belongs to; this or session"`
	StartedAt *time.Time `query:"startedAt" doc:"When the recording began"`
	Duration  *int64     `query:"duration" minimum:"0" doc:"Seconds"`
	Consent   string     `query:"consent" enum:"unknown,given,refused" default:"unknown"`
	Digest    string     `header:"Repr-Digest" doc:"Checked where it has sha-256 (RFC 9530); Content-Digest counts too"`
	Content   string     `header:"Content-Digest" doc:"As Repr-Digest"`
}

// uploadRecording takes in a recording: the body is its bytes, the content type
// its type. 201 is a new one, 200 the same name, owner and bytes again.
func (s *Surface) uploadRecording(w http.ResponseWriter, r *http.Request, c httpio.Caller, in uploadRecording) error {
	key, err := idempotencyKey(r)
	if err != nil {
		return err
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return &care.Error{Kind: care.KindUnsupportedMedia, Message: "the body must not be encoded"}
	}
	if r.ContentLength > s.maxUpload() {
		return &care.Error{Kind: care.KindTooLarge, Message: fmt.Sprintf("the recording must be at most %d bytes", s.maxUpload())}
	}
	digest, err := announcedDigest(in.Digest, in.Content)
	if err != nil {
		return err
	}
	done, err := s.Recordings.Upload(r.Context(), c.Actor, recordings.Upload{
		Scope: c.Scope, Name: in.Name, Owner: ownerOf(in.Session, in.Call), ContentType: r.Header.Get("Content-Type"),
		StartedAt: in.StartedAt, Duration: in.Duration, Consent: care.Consent(in.Consent),
		SHA256: digest, MaxSize: s.maxUpload(), Key: key,
	}, httpio.PatientBody(w, r.Body, s.Stall))
	if err != nil {
		return err
	}
	status := http.StatusOK
	if done.Created {
		status = http.StatusCreated
	}
	return answer(w, status, lowerRecording(done.Recording))
}

// announcedDigest returns the SHA-256 in digest fields (RFC 9530): nil where
// there is none. Other algorithms are passed over.
func announcedDigest(fields ...string) (*[32]byte, error) {
	var found *[32]byte
	for _, field := range fields {
		for member := range strings.SplitSeq(field, ",") {
			algorithm, value, ok := strings.Cut(strings.TrimSpace(member), "=")
			if !ok || !strings.EqualFold(algorithm, "sha-256") {
				continue
			}
			sum, ok := digestValue(value)
			if !ok || found != nil && *found != sum {
				return nil, care.Invalid("Repr-Digest", "must be sha-256=:...: with 32 bytes in base64, and Content-Digest the same")
			}
			found = &sum
		}
	}
	return found, nil
}

func digestValue(text string) ([32]byte, bool) {
	text, begins := strings.CutPrefix(text, ":")
	text, ends := strings.CutSuffix(text, ":")
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || !begins || !ends || len(b) != 32 {
		return [32]byte{}, false
	}
	return [32]byte(b), true
}

func describeUpload(d *huma.Operation, schemas huma.Registry) {
	content := map[string]*huma.MediaType{}
	for _, name := range care.MediaTypes() {
		content[name] = &huma.MediaType{Schema: &huma.Schema{}}
	}
	d.RequestBody = &huma.RequestBody{Required: true, Description: "The recording's bytes, as they are", Content: content}
	answer := map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(reflect.TypeFor[recording](), true, "")}}
	d.Responses["200"] = &huma.Response{Description: "The same name, owner and bytes were there already", Content: answer}
	d.Responses["201"] = &huma.Response{Description: "A new recording. nameStatus is waiting where the name was held elsewhere", Content: answer}
	for _, status := range []int{http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusInsufficientStorage} {
		addFailure(d, schemas, status)
	}
}

// recordingContent delivers a recording, GET and HEAD.
func (s *Surface) recordingContent(w http.ResponseWriter, r *http.Request, c httpio.Caller, in recordingPath) error {
	content, err := s.Recordings.Open(r.Context(), c.Actor, c.Scope, in.Recording)
	if err != nil {
		return err
	}
	defer content.Object.Close()
	rec := content.Recording
	return httpio.Deliver(w, r, content.Object, httpio.Delivery{
		Filename:    "recording-" + rec.ID + rec.Extension(),
		ContentType: rec.ContentType, SHA256: rec.SHA256, Stall: s.Stall,
	})
}

func describeContent(d *huma.Operation, schemas huma.Registry) {
	content := map[string]*huma.MediaType{}
	for _, name := range care.MediaTypes() {
		content[name] = &huma.MediaType{Schema: &huma.Schema{}}
	}
	describeDelivery(d, schemas, "The whole recording", content)
}

// describeDelivery tells how bytes are delivered; see httpio.Deliver.
func describeDelivery(d *huma.Operation, schemas huma.Registry, whole string, content map[string]*huma.MediaType) {
	d.Description += " HEAD too. Ranges, If-Range, If-Match and If-None-Match are heeded."
	d.Responses["200"] = &huma.Response{Description: whole, Content: content}
	d.Responses["206"] = &huma.Response{Description: "The ranges that were asked for"}
	d.Responses["304"] = &huma.Response{Description: "The client has it already"}
	for _, status := range []int{http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable} {
		addFailure(d, schemas, status)
	}
}
