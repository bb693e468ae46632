package demo

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	// marker is the file by which a directory of the demo's is known.
	marker = ".chartline-demo"
	// claimed is what the marker says from the start, seeded what it says more
	// once everything is in. The number counts the catalogue's versions.
	claimed = "This directory was made by chartline demo. All data in it is invented.\n"
	seeded  = "\nseeded 2\n"
)

// ErrForeign reports a directory with something in it that the demo did not make.
var ErrForeign = errors.New("is not empty and was not made by chartline demo")

// Dir is a directory that the demo may use.
type Dir struct{ path string }

// Claim makes the directory, or takes one that is empty or was made here before.
func Claim(path string) (Dir, error) {
	d := Dir{path: path}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return d, err
	}
	if _, err := os.Stat(d.marker()); !errors.Is(err, fs.ErrNotExist) {
		return d, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return d, err
	}
	if len(entries) > 0 {
		return d, fmt.Errorf("%s %w; choose another with --data", path, ErrForeign)
	}
	return d, os.WriteFile(d.marker(), []byte(claimed), 0o600)
}

func (d Dir) marker() string { return filepath.Join(d.path, marker) }

// Seeded reports whether everything is in.
func (d Dir) Seeded() (bool, error) {
	text, err := os.ReadFile(d.marker())
	return bytes.Contains(text, []byte(seeded)), err
}

// SetSeeded notes that everything is in.
func (d Dir) SetSeeded() error {
	f, err := os.OpenFile(d.marker(), os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(seeded)
	return errors.Join(err, f.Sync(), f.Close())
}
