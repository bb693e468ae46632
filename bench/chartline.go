package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strconv"

	"chartline/bench/proc"
)

// chartline is our server with one data set.
type chartline struct {
	server *proc.Server
	token  string
	data   dataset
	dir    string
	media  map[int64]string // recording by size, of the media data set
}

const (
	tenant   = "bench"
	instance = "live"
)

// startChartline starts our server on a data set, which is made first where
// there is none.
func (b *bench) startChartline(d dataset) (*chartline, error) {
	dir, err := b.chartlineData(d)
	if err != nil {
		return nil, err
	}
	return b.openChartline(dir, d)
}

func (b *bench) openChartline(dir string, d dataset) (*chartline, error) {
	spec, err := b.chartlineSpec(dir)
	if err != nil {
		return nil, err
	}
	server, err := b.startAndWait(spec)
	if err != nil {
		return nil, err
	}
	token, err := b.freshToken(dir)
	if err != nil {
		server.Stop()
		return nil, err
	}
	return &chartline{server: server, token: token, data: d, dir: dir}, nil
}

func (b *bench) chartlineSpec(dir string) (proc.Spec, error) {
	addr, err := proc.FreeAddr()
	core := b.opt.serverCore()
	if b.media != "" && !b.opt.Shared {
		core = coreLoad // the store has the other
	}
	if b.database != "" || b.everywhere {
		core = proc.AllCores
	}
	return proc.Spec{
		Name: "chartline", Path: b.bin.chartline, Addr: addr, Core: core,
		Args: b.withMedia("serve", "--data", dir, "--listen", addr.String()),
	}, err
}

// chartlineStarter starts our server again and again on one data set.
func (b *bench) chartlineStarter(d dataset) (starter, error) {
	c, err := b.startChartline(d) // once to know that it works
	if err != nil {
		return starter{}, err
	}
	c.server.Stop()
	s := starter{
		spec: func() (proc.Spec, error) { return b.chartlineSpec(c.dir) },
		request: func(addr string) string {
			return "GET " + string(c.lookupPath(nil, 1)) + " HTTP/1.1\r\nHost: " + addr + "\r\nAuthorization: Bearer " + c.token + "\r\n\r\n"
		},
		status: http.StatusOK,
	}
	if d.encounters == 0 {
		s.status = http.StatusBadRequest // "No record found": authorised, and nothing there
	}
	return s, nil
}

// The requests.
func (c *chartline) lookupPath(dst []byte, i int) []byte {
	return appendName(append(dst, "/api/service/v1/encounter-from-recording/"...), i)
}

func (c *chartline) callsPath(dst []byte, patient, page int, more string) []byte {
	dst = fmt.Appendf(dst, "/%s/%s/patients/%s/calls?page=", tenant, instance, patientID(patient))
	return append(strconv.AppendInt(dst, int64(page), 10), more...)
}

func (c *chartline) mediaPath(size int64) string {
	return "/api/v1/recordings/" + c.media[size] + "/content"
}

// withMedia adds where rows and recordings are, where that is not the data directory,
// and that they are plain, but where their being sealed is what is measured.
func (b *bench) withMedia(args ...string) []string {
	if !b.sealed {
		args = append(args, "--seal", "off")
	}
	if b.media != "" {
		args = append(args, "--media", b.media)
	}
	if b.database != "" {
		args = append(args, "--database", b.database)
	}
	return args
}

// command runs the command line on a data directory and reads the JSON that it prints.
func (b *bench) command(dir string, into any, args ...string) error {
	cmd := exec.Command(b.bin.chartline, b.withMedia(append(args, "--data", dir, "--json")...)...) // #nosec G204 -- our own program
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("chartline %s %s: %w\n%s%s", args[0], args[1], err, out, stderr.Bytes())
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(out, into)
}
