package faulttest

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	pageSize   = 4096 // in which the kernel keeps files
	sectorSize = 512  // in which a disk writes
)

// inode is a file or a directory. A file is twice there: as programs see it, and
// as it is on the disk. Its dirty pages are those that a flush would write.
type inode struct {
	dir         bool
	cache, disk []byte
	dirty       map[int]bool
}

// diskModel is a disk under one directory that keeps no more than it promises:
// bytes once their file was flushed, names once their directory was. What a
// flush that failed was to write is lost to the disk and will not be tried again,
// as Linux has it.
type diskModel struct {
	t    testing.TB
	top  string
	now  map[string]*inode // by name under top, as programs see it; "" is top
	kept map[string]*inode // as it is on the disk
	// flushes are those that have begun, with what they are to write.
	flushes map[*call]flush
}

type flush struct {
	of      *inode
	size    int
	pages   map[int][]byte
	name    string
	entries map[string]*inode
}

// newDiskModel begins with what is under top, on the disk.
func newDiskModel(t testing.TB, top string) *diskModel {
	t.Helper()
	top, err := filepath.EvalSymlinks(top)
	must(t, err)
	m := &diskModel{t: t, top: top, now: map[string]*inode{}, flushes: map[*call]flush{}}
	must(t, filepath.WalkDir(top, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		n := &inode{dir: d.IsDir(), dirty: map[int]bool{}}
		if !n.dir {
			if n.cache, err = os.ReadFile(file); err != nil {
				return err
			}
			n.disk = slices.Clone(n.cache)
		}
		name, _ := m.under(file)
		m.now[name] = n
		return nil
	}))
	m.kept = maps.Clone(m.now)
	return m
}

// under is a file's name under top.
func (m *diskModel) under(file string) (name string, is bool) {
	if file == m.top {
		return "", true
	}
	return strings.CutPrefix(file, m.top+"/")
}

// step does what a call does, and reports whether the disk or what is seen of it
// may be another.
func (m *diskModel) step(at moment) (changed bool) {
	c := at.call
	switch c.name {
	case "fsync", "fdatasync":
		return m.flush(at)
	case "openat", "open", "creat", "write", "pwrite64", "ftruncate":
		return at.end && c.result >= 0 && m.bytes(c)
	case "linkat", "unlinkat", "unlink", "renameat", "renameat2", "rename", "mkdirat", "mkdir":
		return at.end && c.result >= 0 && m.names(c)
	}
	for i := range c.args {
		name, _ := c.file(i)
		if _, is := m.under(name); is && at.end && c.result >= 0 {
			m.t.Fatalf("%s of %s: not in the model", c.name, name)
		}
	}
	return false
}

// find is the file of a descriptor; nil where it has no name any more.
func (m *diskModel) find(c *call, arg int) *inode {
	file, deleted := c.file(arg)
	name, is := m.under(file)
	if !is || deleted {
		return nil
	}
	n := m.now[name]
	if n == nil {
		m.t.Fatalf("%s(%.300s) of %s, which nobody made", c.name, c.args, name)
	}
	return n
}

func (m *diskModel) bytes(c *call) bool {
	switch c.name {
	case "openat":
		return m.open(c, c.path(1), c.args[2])
	case "open":
		return m.open(c, c.path(0), c.args[1])
	case "creat":
		return m.open(c, c.path(0), "O_CREAT|O_TRUNC")
	}
	n := m.find(c, 0)
	if n == nil {
		return false
	}
	switch c.name {
	case "ftruncate":
		n.resize(int(c.number(1)))
	case "pwrite64":
		n.write(int(c.number(3)), c.text(1)[:c.result])
	case "write": // at its end: nothing here writes otherwise
		n.write(len(n.cache), c.text(1)[:c.result])
	}
	return true
}

func (m *diskModel) open(c *call, file, flags string) bool {
	name, is := m.under(file)
	if !is {
		return false
	}
	n := m.now[name]
	switch {
	case n == nil && strings.Contains(flags, "O_CREAT"):
		m.now[name] = &inode{dirty: map[int]bool{}}
		return true
	case n == nil:
		m.t.Fatalf("%s(%.300s) of %s, which nobody made", c.name, c.args, name)
	case strings.Contains(flags, "O_TRUNC"):
		n.resize(0)
		return true
	}
	return false
}

func (m *diskModel) names(c *call) bool {
	switch c.name {
	case "mkdirat", "mkdir":
		if name, is := m.under(c.path(len(c.args) - 2)); is {
			m.now[name] = &inode{dir: true}
			return true
		}
	case "unlinkat", "unlink":
		at := 0
		if c.name == "unlinkat" {
			at = 1
		}
		if name, is := m.under(c.path(at)); is {
			delete(m.now, name)
			return true
		}
	default: // a second name; of a rename the first one goes
		from, to := 0, 1
		if strings.Contains(c.name, "at") {
			from, to = 1, 3
		}
		name, is := m.under(c.path(from))
		if !is {
			return false
		}
		n := m.now[name]
		if n == nil || n.dir && c.name != "linkat" {
			m.t.Fatalf("%s of %s: not in the model", c.name, name)
		}
		if c.name != "linkat" {
			delete(m.now, name)
		}
		if name, is = m.under(c.path(to)); is {
			m.now[name] = n
		}
		return true
	}
	return false
}

func (n *inode) resize(size int) {
	for page := min(size, len(n.cache)) / pageSize; page*pageSize < max(size, len(n.cache)); page++ {
		n.dirty[page] = true
	}
	if size <= len(n.cache) {
		n.cache = slices.Clip(n.cache[:size])
		return
	}
	n.cache = append(n.cache, make([]byte, size-len(n.cache))...)
}

func (n *inode) write(at int, b []byte) {
	if at+len(b) > len(n.cache) {
		n.resize(at + len(b))
	}
	copy(n.cache[at:], b)
	for page := at / pageSize; page*pageSize < at+len(b); page++ {
		n.dirty[page] = true
	}
}

// flush keeps what there was when it began, once it has ended well.
func (m *diskModel) flush(at moment) bool {
	if !at.end {
		n := m.find(at.call, 0)
		if n == nil {
			return false
		}
		f := flush{of: n, size: len(n.cache), pages: map[int][]byte{}}
		if n.dir {
			file, _ := at.file(0)
			f.name, _ = m.under(file)
			f.entries = m.entries(m.now, f.name)
		}
		for _, other := range m.flushes { // waits for those that others began
			if other.of == n {
				for page := range other.pages {
					n.dirty[page] = true
				}
			}
		}
		for page := range n.dirty {
			f.pages[page] = slices.Clone(n.cache[min(page*pageSize, f.size):min((page+1)*pageSize, f.size)])
		}
		clear(n.dirty)
		m.flushes[at.call] = f
		return false
	}
	f, begun := m.flushes[at.call]
	delete(m.flushes, at.call)
	if !begun || at.result != 0 {
		return false
	}
	if f.of.dir {
		for name := range m.entries(m.kept, f.name) {
			delete(m.kept, name)
		}
		maps.Copy(m.kept, f.entries)
		return true
	}
	disk := make([]byte, f.size)
	copy(disk, f.of.disk)
	for page, b := range f.pages {
		copy(disk[min(page*pageSize, f.size):], b)
	}
	f.of.disk = disk
	return true
}

// entries are those of one directory.
func (m *diskModel) entries(of map[string]*inode, dir string) map[string]*inode {
	found := map[string]*inode{}
	for name, n := range of {
		if parent, _ := split(name); parent == dir && name != "" {
			found[name] = n
		}
	}
	return found
}

func split(name string) (parent, base string) {
	parent, base = filepath.Split(name)
	return strings.TrimSuffix(parent, "/"), base
}

// fate is what becomes of what was not flushed.
type fate string

const (
	seen fate = "killed" // all of it is there: the program ended, the machine did not
	lost fate = "lost"   // nothing of it is
	torn fate = "torn"   // some of it is, in sectors and whole directories, as rng says
)

// lay makes a directory of what is left at this moment.
func (m *diskModel) lay(to string, f fate, rng *rand.Rand) error {
	under := func(file string) string { return filepath.Join(to, file) }
	for dirs := []string{""}; len(dirs) > 0; dirs = dirs[1:] {
		names := m.kept
		if f == seen || f == torn && rng.IntN(2) == 0 {
			names = m.now
		}
		entries := m.entries(names, dirs[0])
		for _, name := range slices.Sorted(maps.Keys(entries)) {
			n := entries[name]
			if !n.dir {
				if err := os.WriteFile(under(name), n.left(f, rng), 0o600); err != nil {
					return err
				}
				continue
			}
			if err := os.Mkdir(under(name), 0o700); err != nil {
				return err
			}
			dirs = append(dirs, name)
		}
	}
	return nil
}

// left is what is left of a file.
func (n *inode) left(f fate, rng *rand.Rand) []byte {
	switch f {
	case seen:
		return n.cache
	case lost:
		return n.disk
	}
	size := len(n.disk)
	if rng.IntN(2) == 0 {
		size = len(n.cache)
	}
	b := make([]byte, size)
	copy(b, n.disk)
	for _, page := range slices.Sorted(maps.Keys(n.dirty)) {
		for at := page * pageSize; at < min((page+1)*pageSize, len(n.cache), size); at += sectorSize {
			if rng.IntN(2) == 0 {
				copy(b[at:], n.cache[at:min(at+sectorSize, len(n.cache))])
			}
		}
	}
	return b
}

func (m *diskModel) String() string {
	dirty := 0
	for _, n := range m.now {
		dirty += len(n.dirty)
	}
	return fmt.Sprintf("%d names seen, %d kept, %d pages not flushed", len(m.now), len(m.kept), dirty)
}
