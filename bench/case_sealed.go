package main

import (
	"fmt"
	"path/filepath"
)

// seal compares sealed recordings with nginx's sendfile of the plain bytes:
// whole, in ranges, and held open by clients that do not read.
func (b *bench) seal() error {
	size, large := b.mediaSizes()
	if err := b.sealedFast(size); err != nil {
		return err
	}
	for _, size := range []int64{size, large} {
		if err := b.sealedSlow(size); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) sealedFast(size int64) error {
	m, err := b.sealedOf(size)
	if err != nil {
		return err
	}
	defer m.stop()
	p, err := b.versus(m.ours, m.nginx)
	if err != nil {
		return err
	}
	b.report.add("sealed", figure{what: fmt.Sprintf("%d MiB against nginx sendfile of it plain, throughput", size/mebi), value: p.throughput,
		floor: atLeast(0.45), detail: []string{p.ours.bytes(), p.theirs.bytes()}})
	b.report.add("sealed", figure{what: "CPU a GB against nginx", value: p.cpuByte, floor: atMost(3.0)})
	for _, s := range []*side{&m.ours, &m.nginx} {
		s.target = ranged(s.target, size)
		s.conns = 8
	}
	if p, err = b.versus(m.ours, m.nginx); err != nil {
		return err
	}
	b.report.add("sealed", figure{what: "1 MiB at random offsets against nginx of it plain, requests", value: p.rate, detail: []string{p.ours.bytes(), p.theirs.bytes()}})
	return nil
}

func (b *bench) sealedSlow(size int64) error {
	m, err := b.sealedOf(size)
	if err != nil {
		return err
	}
	defer m.stop()
	kib, err := b.perStream(m.ours)
	if err != nil {
		return err
	}
	b.report.add("sealed", figure{what: fmt.Sprintf("anonymous memory of each of %d slow downloads of %d MiB", b.streams(), size/mebi),
		value: single(kib), unit: "KiB", floor: atMost(100)})
	return nil
}

// sealedOf starts our server over a sealed recording of that size, and nginx over
// the same bytes, plain.
func (b *bench) sealedOf(size int64) (m *mediaSides, err error) {
	m = new(mediaSides)
	defer func() {
		if err != nil {
			m.stop()
		}
	}()
	plain, err := b.startMedia() // which has them
	if err != nil {
		return m, err
	}
	plain.server.Stop()
	root, file, err := storedFile(plain.dir, size)
	if err != nil {
		return m, err
	}
	b.sealed = true
	ours, err := b.startMedia()
	b.sealed = false
	if err != nil {
		return m, err
	}
	m.servers = append(m.servers, ours.server)
	nginx, err := b.startNginx(root)
	if err != nil {
		return m, err
	}
	m.servers = append(m.servers, nginx)
	m.ours = side{"chartline", ours.server, asks(ours.server, ours.token, always(ours.mediaPath(size))), 4}
	m.nginx = side{"nginx", nginx, asks(nginx, "none", always("/"+filepath.ToSlash(file))), 4}
	return m, nil
}

// always asks for the same path.
func always(path string) func([]byte) []byte {
	return func(dst []byte) []byte { return append(dst, path...) }
}
