package native

import (
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
)

type file struct {
	ID          string     `json:"id" format:"uuid"`
	Name        string     `json:"name"`
	ContentType string     `json:"contentType" enum:"application/pdf,image/heic,image/jpeg,image/png" doc:"By its content, whatever its name says"`
	Size        int64      `json:"size" doc:"Bytes"`
	SHA256      string     `json:"sha256" doc:"Of the bytes, in hex"`
	PatientID   *string    `json:"patientId" format:"uuid" doc:"Whose form cites it; null while none does"`
	CitedAt     *time.Time `json:"citedAt" doc:"When a form first cited it; without one it is removed after a day"`
	CreatedAt   time.Time  `json:"createdAt"`
}

func lowerFile(f care.File) file {
	return file{
		ID: f.ID, Name: f.Name, ContentType: f.ContentType, Size: f.Size, SHA256: hex.EncodeToString(f.SHA256[:]),
		PatientID: orNull(f.Patient), CitedAt: utc(f.CitedAt), CreatedAt: f.CreatedAt.UTC(),
	}
}

type filePath struct {
	File string `path:"file" doc:"The file's id"`
}

func (s *Surface) getFile(ctx context.Context, c call, in filePath) (file, error) {
	f, err := s.Chart.File(ctx, c.Actor, c.Scope, in.File)
	return lowerFile(f), err
}

// fileContent delivers a file, GET and HEAD, always as an attachment.
func (s *Surface) fileContent(w http.ResponseWriter, r *http.Request, c httpio.Caller, in filePath) error {
	content, err := s.Chart.OpenFile(r.Context(), c.Actor, c.Scope, in.File)
	if err != nil {
		return err
	}
	defer content.Object.Close()
	f := content.File
	return httpio.Deliver(w, r, content.Object, httpio.Delivery{
		Filename: f.DeliveredName(), ContentType: f.ContentType, SHA256: f.SHA256, Stall: s.Stall,
	})
}

func describeFileContent(d *huma.Operation, schemas huma.Registry) {
	content := map[string]*huma.MediaType{}
	for _, name := range care.FileTypes() {
		content[name] = &huma.MediaType{Schema: &huma.Schema{}}
	}
	describeDelivery(d, schemas, "The whole file", content)
}
