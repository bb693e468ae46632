package main

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"

	"chartline/bench/load"
	"chartline/bench/proc"
)

// slots asks when a random provider is free on a random one of the next sixty
// days, on each of which four appointments are booked with each of them.
func (b *bench) slots() error {
	ours, err := b.startChartline(b.booked())
	if err != nil {
		return err
	}
	defer ours.server.Stop()
	provider, day := anyOf(1, providers), anyOf(1, 60)
	today := time.Now().UTC()
	target := sends(ours.server, ours.token, "/api/service/v1/appointment-slots", http.StatusOK, func(dst []byte) []byte {
		dst = fmt.Appendf(dst, `{"provider_email": "v%d@example.org", "service_id": %d, "date": "`, provider(), service)
		return append(today.AddDate(0, 0, day()).AppendFormat(dst, time.DateOnly), `"}`...)
	})
	return b.againstYardstick("slots", b.small("chartline", ours.server, target), goals{})
}

// register registers patients, each of them new: person, patient, details, log-in
// and audit entry are durable before the answer.
func (b *bench) register() error {
	ours, err := b.startChartline(b.registered())
	if err != nil {
		return err
	}
	b.later(func() { _ = os.RemoveAll(ours.dir) }) // it is not as it was
	defer ours.server.Stop()
	next := oneAfterAnother(1, 1<<40)
	target := sends(ours.server, ours.token, "/api/service/v1/patient/register", http.StatusOK, func(dst []byte) []byte {
		n := int64(next())
		dst = append(dst, `{"first_name": "Avery", "last_name": "Example`...)
		dst = strconv.AppendInt(dst, n, 10)
		dst = append(dst, `", "date_of_birth": "1980-02-03", "phone_number": "5550100", "country_code": "+1", "city": "Albany", "email": "r`...)
		return append(strconv.AppendInt(dst, n, 10), `@example.org"}`...)
	})
	return b.againstYardstick("register", b.small("chartline", ours.server, target), goals{})
}

// sends makes POST requests to one path; body appends each one's JSON.
func sends(server *proc.Server, token, path string, status int, body func(dst []byte) []byte) load.Target {
	head := "POST " + path + " HTTP/1.1\r\nHost: " + server.Addr.String() + "\r\nAuthorization: Bearer " + token +
		"\r\nContent-Type: application/json\r\nContent-Length: "
	var text []byte
	return load.Target{Addr: server.Addr, Status: status, Request: func(dst []byte) []byte {
		text = body(text[:0])
		dst = strconv.AppendInt(append(dst, head...), int64(len(text)), 10)
		return append(append(dst, "\r\n\r\n"...), text...)
	}}
}
