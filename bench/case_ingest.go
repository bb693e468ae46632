package main

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"
)

// ingest brings in calls as a phone system's records of them come, each durable
// with its audit entry before the answer, beside PocketBase's create of a record
// with what its list shows. PocketBase commits with synchronous=NORMAL: what it
// has acknowledged may be gone after a power cut.
func (b *bench) ingest() error {
	ours, err := b.startChartline(b.called())
	if err != nil {
		return err
	}
	b.later(func() { _ = os.RemoveAll(ours.dir) }) // it is not as it was
	defer ours.server.Stop()
	peer, err := b.startPocketbase(b.called())
	if err != nil {
		return err
	}
	b.later(func() { _ = os.RemoveAll(peer.dir) })
	defer peer.server.Stop()
	our := b.small("chartline", ours.server, sends(ours.server, ours.token, "/api/v1/calls", http.StatusCreated, ourCall(b.called())))
	their := b.small("pocketbase", peer.server, sends(peer.server, peer.token, "/api/collections/calls/records", http.StatusOK, theirCall(b.called())))
	for _, c := range []struct {
		conns int
		floor *bound
	}{{b.opt.Conns, atLeast(3)}, {1, nil}} {
		our.conns, their.conns = c.conns, c.conns
		p, err := b.versus(our, their)
		if err != nil {
			return err
		}
		b.report.add("ingest", figure{what: fmt.Sprintf("calls brought in against PocketBase's create, %d connections", c.conns), value: p.rate, floor: c.floor,
			detail: []string{p.ours.requests(), p.theirs.requests()}})
		b.report.add("ingest", figure{what: "CPU a call against PocketBase", value: p.cpuRequest})
	}
	return nil
}

// called is patients who will have calls.
func (b *bench) called() dataset { return dataset{name: "called", encounters: 1_000, patients: 1_000} }

// ourCall appends a call that no other is.
func ourCall(d dataset) func([]byte) []byte {
	patient, n := anyOf(1, d.patients), oneAfterAnother(1, 1<<40)
	return func(dst []byte) []byte {
		dst = fmt.Appendf(dst, `{"patientId": %q, "direction": "INBOUND", "status": "COMPLETED", "duration": 60, "calledAt": "`, patientID(patient()))
		i := n()
		dst = time.Unix(callsEnd+int64(i), 0).UTC().AppendFormat(dst, time.RFC3339)
		dst = append(dst, `", "from": "+15550100", "to": "+15550101", "source": "bench", "externalId": "call-`...)
		return append(strconv.AppendInt(dst, int64(i), 10), `"}`...)
	}
}

// theirCall appends the same as PocketBase's collection holds it.
func theirCall(d dataset) func([]byte) []byte {
	patient, n := anyOf(1, d.patients), oneAfterAnother(1, 1<<40)
	return func(dst []byte) []byte {
		dst = fmt.Appendf(dst, `{"patient": %q, "direction": "INBOUND", "status": "COMPLETED", "duration": 60, "has_recording": false, "called_at": "`,
			pocketbaseID("p", patient()))
		return append(time.Unix(callsEnd+int64(n()), 0).UTC().AppendFormat(dst, "2006-01-02 15:04:05.000Z"), `"}`...)
	}
}
