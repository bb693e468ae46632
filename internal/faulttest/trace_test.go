package faulttest

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// traced are the system calls by which a program changes files, and those by
// which it answers. Those of the second line are of no use to a server; a disk
// (disk model: model_test.go) that meets one says that it does not know them.
const traced = "openat,open,creat,write,pwrite64,fsync,fdatasync,linkat,unlinkat,unlink,renameat,rename,renameat2,mkdirat,mkdir,ftruncate," +
	"writev,pwritev,pwritev2,truncate,fallocate,copy_file_range,splice,sync_file_range,link,rmdir,symlinkat"

// recorded is how strace writes a trace that readTrace reads: all text in
// hexadecimal, so that nothing in it looks like something else, and each
// descriptor with the name of its file.
func recorded() []string {
	return []string{"-y", "-xx", "-s", "4194304", "-e", "trace=" + traced, "-e", "signal=none"}
}

// call is a system call, as far as it has come.
type call struct {
	name   string
	args   []string
	result int64 // -1 where it failed, or never came back
	failed string
}

// moment is when a call begins, or when it ends. The order of moments is what
// the kernel did: strace lets no thread go on before it has written its line.
type moment struct {
	*call
	end bool
}

// readTrace reads what recorded says.
func readTrace(t testing.TB, log string) (all []moment) {
	t.Helper()
	file, err := os.Open(log)
	must(t, err)
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	begun := map[string]string{} // by thread
	open := map[string]*call{}
	for lines.Scan() {
		thread, text, _ := strings.Cut(lines.Text(), " ")
		text = strings.TrimLeft(text, " ")
		if strings.HasPrefix(text, "+++") || strings.HasPrefix(text, "---") {
			continue
		}
		if rest, resumed := strings.CutPrefix(text, "<... "); resumed {
			_, rest, _ = strings.Cut(rest, " resumed>")
			c := open[thread]
			if c == nil {
				continue // it began before strace came
			}
			c.read(begun[thread] + rest)
			delete(open, thread)
			all = append(all, moment{c, true})
			continue
		}
		c := &call{result: -1}
		start, unfinished := strings.CutSuffix(text, " <unfinished ...>")
		c.read(start)
		all = append(all, moment{c, false})
		if unfinished {
			open[thread], begun[thread] = c, start
		} else {
			all = append(all, moment{c, true})
		}
	}
	must(t, lines.Err())
	return all
}

// read takes a call's line apart, or the beginning of one.
func (c *call) read(text string) {
	name, rest, _ := strings.Cut(text, "(")
	args, result, ended := rest, "", false
	if at := strings.LastIndex(rest, "= "); at >= 0 { // in no text: that is hexadecimal
		args, result, ended = strings.TrimSuffix(strings.TrimRight(rest[:at], " "), ")"), rest[at+2:], true
	}
	c.name, c.args = name, strings.Split(args, ", ")
	if !ended {
		return
	}
	number, _, _ := strings.Cut(result, "<")
	number, why, _ := strings.Cut(strings.TrimSpace(number), " ")
	why, _, _ = strings.Cut(why, " ")
	c.result, c.failed = -1, why
	if n, err := strconv.ParseInt(number, 0, 64); err == nil {
		c.result = n
	}
}

// text is an argument that is text or bytes.
func (c *call) text(n int) []byte {
	if n >= len(c.args) {
		return nil
	}
	quoted := strings.Trim(strings.TrimSuffix(c.args[n], "..."), `"`)
	return unhex(quoted)
}

func (c *call) number(n int) int64 {
	if n >= len(c.args) {
		return 0
	}
	v, _ := strconv.ParseInt(strings.TrimSpace(c.args[n]), 0, 64) // a number of strace's own
	return v
}

// file is what a descriptor stands for, and whether its name is gone.
func (c *call) file(n int) (name string, deleted bool) {
	if n >= len(c.args) {
		return "", false
	}
	_, rest, found := strings.Cut(c.args[n], "<")
	escaped, after, closed := strings.Cut(rest, ">")
	if !found || !closed {
		return "", false
	}
	return string(unhex(escaped)), strings.Contains(after, "deleted")
}

// path is a name relative to the directory before it.
func (c *call) path(at int) string {
	name := string(c.text(at))
	if at > 0 && !filepath.IsAbs(name) {
		dir, _ := c.file(at - 1)
		name = filepath.Join(dir, name)
	}
	return filepath.Clean(name)
}

// unhex reads \x41\x42.
func unhex(text string) []byte {
	b := make([]byte, len(text)/4)
	for i := range b {
		b[i] = digit(text[4*i+2])<<4 | digit(text[4*i+3])
	}
	return b
}

func digit(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}

// answers tells which request a call begins to answer, and how; empty where it
// is no answer that tells anything.
func (c *call) answers() (request string) {
	if c.name != "write" || len(c.args) < 2 {
		return ""
	}
	const http, id = `"\x48\x54\x54\x50\x2f\x31\x2e\x31\x20`, "\r\nX-Request-Id: "
	if !strings.HasPrefix(c.args[1], http) { // HTTP/1.1
		return ""
	}
	const header = 4 << 10
	_, rest, _ := bytes.Cut(unhex(c.args[1][1:min(len(c.args[1])-1, 4*header)]), []byte(id))
	end := bytes.IndexByte(rest, '\r')
	return string(rest[:max(end, 0)])
}

// mustEndTrace waits until strace has written all that a program did.
func mustEndTrace(t testing.TB, log string, pid int) {
	t.Helper()
	last := regexp.MustCompile(fmt.Sprintf(`(?m)^%d +\+\+\+ `, pid))
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		file, err := os.Open(log)
		must(t, err)
		info, err := file.Stat()
		must(t, err)
		tail := make([]byte, min(info.Size(), 64<<10))
		_, err = file.ReadAt(tail, info.Size()-int64(len(tail)))
		must(t, err)
		must(t, file.Close())
		if last.Match(tail) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the trace does not end: %d bytes", info.Size())
		}
	}
}
