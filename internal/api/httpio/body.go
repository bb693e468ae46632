package httpio

import (
	"cmp"
	"io"
	"net/http"
	"time"
)

// PatientBody reads a body for as long as it keeps coming: what is limited is
// not the whole time but the time without progress; 0 means DefaultStall.
func PatientBody(w http.ResponseWriter, body io.Reader, stall time.Duration) io.Reader {
	return &patientBody{body: body, conn: http.NewResponseController(w), stall: cmp.Or(stall, DefaultStall)}
}

type patientBody struct {
	body  io.Reader
	conn  *http.ResponseController
	stall time.Duration
}

func (b *patientBody) Read(p []byte) (int, error) {
	// Where the connection has no deadlines, reading has no limit.
	_ = b.conn.SetReadDeadline(time.Now().Add(b.stall))
	n, err := b.body.Read(p)
	if err == io.EOF { // else it holds for what is left of the body, which net/http reads
		_ = b.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}
