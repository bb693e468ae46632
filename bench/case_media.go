package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"time"

	"chartline/bench/load"
	"chartline/bench/proc"
)

const mebi = 1 << 20

// The recordings of the download cases, and how many streams are held open.
func (b *bench) mediaSizes() (small, large int64) {
	if b.opt.Quick {
		return 5 * mebi, 20 * mebi
	}
	return 50 * mebi, 1024 * mebi
}

func (b *bench) streams() int {
	if b.opt.Quick {
		return 50
	}
	return 1000
}

// mediaSides are three servers over the same file of a recording: ours, nginx,
// and a bare http.ServeContent.
type mediaSides struct {
	ours, nginx, bare side
	servers           []*proc.Server
}

func (m *mediaSides) stop() {
	for _, s := range m.servers {
		s.Stop()
	}
}

// mediaOf starts them for the recording of that size.
func (b *bench) mediaOf(size int64) (m *mediaSides, err error) {
	m = new(mediaSides)
	defer func() {
		if err != nil {
			m.stop()
		}
	}()
	ours, err := b.startMedia()
	if err != nil {
		return m, err
	}
	m.servers = append(m.servers, ours.server)
	root, file, err := storedFile(ours.dir, size)
	if err != nil {
		return m, err
	}
	nginx, err := b.startNginx(root)
	if err != nil {
		return m, err
	}
	m.servers = append(m.servers, nginx)
	bare, err := b.startFileYardstick(filepath.Join(root, file))
	if err != nil {
		return m, err
	}
	m.servers = append(m.servers, bare)
	m.ours = side{"chartline", ours.server, asks(ours.server, ours.token, always(ours.mediaPath(size))), 4}
	m.nginx = side{"nginx", nginx, asks(nginx, "none", always("/"+file)), 4}
	m.bare = side{"yardstick", bare, asks(bare, "none", always("/")), 4}
	return m, nil
}

// storedFile finds the file in which our server keeps a recording of that size.
func storedFile(dir string, size int64) (root, file string, err error) {
	root = filepath.Join(dir, "media")
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Size() == size {
			file, err = filepath.Rel(root, path)
		}
		return err
	})
	if err == nil && file == "" {
		err = fmt.Errorf("no file of %d bytes under %s", size, root)
	}
	return root, file, err
}

// download compares whole files with nginx's sendfile of the very same files.
func (b *bench) download() error {
	size, _ := b.mediaSizes()
	m, err := b.mediaOf(size)
	if err != nil {
		return err
	}
	defer m.stop()
	p, err := b.versus(m.ours, m.nginx)
	if err != nil {
		return err
	}
	b.report.add("download", figure{what: fmt.Sprintf("%d MiB against nginx sendfile, throughput", size/mebi), value: p.throughput,
		floor: atLeast(0.95), detail: []string{p.ours.bytes(), p.theirs.bytes()}})
	b.report.add("download", figure{what: "CPU a GB against nginx", value: p.cpuByte, floor: atMost(1.1)})
	if p, err = b.versus(m.ours, m.bare); err != nil {
		return err
	}
	b.report.add("download", figure{what: "CPU a GB against bare http.ServeContent", value: p.cpuByte,
		detail: []string{p.ours.bytes(), p.theirs.bytes()}})
	return nil
}

// ranges asks for 1 MiB at random offsets.
func (b *bench) ranges() error {
	size, _ := b.mediaSizes()
	m, err := b.mediaOf(size)
	if err != nil {
		return err
	}
	defer m.stop()
	for _, s := range []*side{&m.ours, &m.nginx, &m.bare} {
		s.target = ranged(s.target, size)
		s.conns = 8
	}
	p, err := b.versus(m.ours, m.nginx)
	if err != nil {
		return err
	}
	b.report.add("range", figure{what: "1 MiB at random offsets against nginx, requests", value: p.rate, floor: atLeast(0.7),
		detail: []string{p.ours.bytes(), p.theirs.bytes()}})
	b.report.add("range", figure{what: "CPU a request against nginx", value: p.cpuRequest})
	if p, err = b.versus(m.ours, m.bare); err != nil {
		return err
	}
	b.report.add("range", figure{what: "CPU a request against bare http.ServeContent", value: p.cpuRequest,
		detail: []string{p.ours.bytes(), p.theirs.bytes()}})
	return nil
}

func ranged(target load.Target, size int64) load.Target {
	offset := anyOf(0, int(size)-mebi)
	whole := target.Request
	target.Status = 206
	target.Request = func(dst []byte) []byte {
		dst = whole(dst)
		dst = append(dst[:len(dst)-2], "Range: bytes="...) // before the empty line
		from := offset()
		dst = strconv.AppendInt(dst, int64(from), 10)
		dst = append(dst, '-')
		dst = strconv.AppendInt(dst, int64(from+mebi-1), 10)
		return append(dst, "\r\n\r\n"...)
	}
	return target
}

// slow holds many downloads open that nobody reads, and divides what memory
// that costs by their number.
func (b *bench) slow() error {
	small, large := b.mediaSizes()
	for _, size := range []int64{small, large} {
		if err := b.slowOf(size); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) slowOf(size int64) error {
	m, err := b.mediaOf(size)
	if err != nil {
		return err
	}
	defer m.stop()
	var kib [3]float64
	for i, s := range []side{m.ours, m.nginx, m.bare} {
		if kib[i], err = b.perStream(s); err != nil {
			return err
		}
	}
	b.report.add("slow", figure{what: fmt.Sprintf("anonymous memory of each of %d slow downloads of %d MiB", b.streams(), size/mebi),
		value: single(kib[0]), unit: "KiB", floor: atMost(40),
		detail: []string{fmt.Sprintf("nginx %.1f KiB, bare http.ServeContent %.1f KiB", kib[1], kib[2])}})
	return nil
}

func (b *bench) perStream(s side) (float64, error) {
	client, err := load.Dial(s.target, s.conns)
	if err != nil {
		return 0, err
	}
	defer client.Close()
	if _, err := client.Run(b.opt.warm()); err != nil {
		return 0, fmt.Errorf("%s: %w", s.label, err)
	}
	before, err := settled(s.server)
	if err != nil {
		return 0, err
	}
	held, err := load.Hold(s.target, b.streams())
	if err != nil {
		return 0, fmt.Errorf("%s: %w", s.label, err)
	}
	defer held.Close()
	during, err := settled(s.server)
	if err != nil {
		return 0, err
	}
	return float64(during-before) / float64(held.Len()) / 1024, nil
}

// settled reads anonymous memory once the server has come to rest.
func settled(server *proc.Server) (int64, error) {
	last := int64(-1)
	for range 20 {
		time.Sleep(250 * time.Millisecond)
		now, err := server.RssAnon()
		if err != nil || now == last {
			return now, err
		}
		last = now
	}
	return last, nil
}
