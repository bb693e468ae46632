package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"chartline/bench/proc"
	"chartline/bench/stats"
)

// size is of the stripped binaries.
func (b *bench) size() error {
	var mb [2]float64
	for i, path := range []string{b.bin.chartline, b.bin.pocketbase} {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		mb[i] = float64(info.Size()) / 1e6
	}
	b.report.add("size", figure{what: "stripped binary", value: single(mb[0]), unit: "MB", floor: atMost(30), goal: atMost(24),
		detail: []string{fmt.Sprintf("pocketbase %.1f MB", mb[1])}})
	return nil
}

// start measures from exec to the first authorised answer, and what memory an
// idle server then holds, without data and with a million rows.
func (b *bench) start() error {
	for _, d := range []dataset{b.empty(), b.million()} {
		ours, err := b.chartlineStarter(d)
		if err != nil {
			return err
		}
		theirs, err := b.pocketbaseStarter(d)
		if err != nil {
			return err
		}
		if err := b.startPair(d, ours, theirs); err != nil {
			return err
		}
	}
	return nil
}

// starter is a server that can be started again and again on its data, a
// request, and the status of a good answer to it.
type starter struct {
	spec    func() (proc.Spec, error)
	request func(addr string) string
	status  int
}

func (b *bench) startPair(d dataset, ours, theirs starter) error {
	var our, their []float64
	var idleOurs, idleTheirs int64
	for range b.opt.Pairs {
		for _, s := range []struct {
			starter
			took *[]float64
			idle *int64
		}{{ours, &our, &idleOurs}, {theirs, &their, &idleTheirs}} {
			took, idle, err := s.once()
			if err != nil {
				return err
			}
			*s.took = append(*s.took, took.Seconds()*1e3)
			*s.idle = max(*s.idle, idle)
		}
	}
	ratios, err := stats.Ratios(our, their)
	if err != nil {
		return err
	}
	b.report.add("start", figure{what: "exec to first authorised answer, data set " + d.name, value: stats.Of(our), unit: "ms", floor: atMost(60),
		detail: []string{"pocketbase " + stats.Of(their).String() + " ms, ratio " + stats.Of(ratios).String()}})
	b.report.add("start", figure{what: "idle anonymous memory, data set " + d.name, value: single(float64(idleOurs) / 1e6), unit: "MB",
		floor: atMost(12), goal: atMost(10), detail: []string{fmt.Sprintf("pocketbase %.1f MB", float64(idleTheirs)/1e6)}})
	return nil
}

// once starts the server, times its first good answer, lets it come to rest,
// reads its memory and stops it.
func (s starter) once() (took time.Duration, idle int64, err error) {
	spec, err := s.spec()
	if err != nil {
		return 0, 0, err
	}
	server, err := proc.Start(spec)
	if err != nil {
		return 0, 0, err
	}
	defer server.Stop()
	request := []byte(s.request(spec.Addr.String()))
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(200 * time.Microsecond) {
		status, err := ask(spec.Addr.String(), request)
		if err == nil && status == s.status {
			break
		}
		if err := server.Alive(); err != nil {
			return 0, 0, err
		}
		if time.Now().After(deadline) {
			return 0, 0, fmt.Errorf("%s: no answer with %d after 30 s, but %d", spec.Name, s.status, status)
		}
	}
	took = time.Since(server.Started)
	idle, err = settled(server)
	return took, idle, err
}

// ask sends one request on a connection of its own and gives the status.
func ask(addr string, request []byte) (int, error) {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return 0, err
	}
	if _, err := conn.Write(request); err != nil {
		return 0, err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}
