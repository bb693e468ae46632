package cli_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"chartline/internal/blob/s3/s3test"
	"chartline/internal/cli"
	"chartline/internal/demo/audio"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"chartline": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			os.Exit(cli.Main(ctx, os.Args[1:], os.LookupEnv, os.Stdin, os.Stdout, os.Stderr))
		},
	})
}

// TestSessions replays what people type, in testdata/script, with the demo's
// recordings in clips. Beside testscript's own commands there are:
//
//	start CMD...     starts chartline CMD --json on a free port and waits for its
//	                 line, of which each text becomes a variable: url is $url,
//	                 other.token $other_token; $address is without http://
//	terminate        ends it by SIGTERM; (testscript's own stop would end the script)
//	                 it must exit with 0
//	kill9            ends it by SIGKILL
//	http STATUS METHOD PATH [NAME: VALUE]... [@FILE|{JSON}]
//	                 asks $url with the bearer $token; the body is stdout
//	member NAME PATH sets NAME to a member of the last stdout, such as items.0.id
//	exits N CMD...   runs chartline CMD, which must exit with N
//	bucket           makes a bucket in a real S3 server: $bucket is its URL, with a
//	                 prefix, $bucketname and $query of what it is made, $objects the directory
//	                 of all that is in it
func TestSessions(t *testing.T) {
	t.Parallel()
	buckets := s3test.Start(t)
	testscript.Run(t, testscript.Params{
		Dir:                "../../testdata/script",
		RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("CHARTLINE_DATA", "data")
			e.Setenv("GORACE", "atexit_sleep_ms=0") // else each command sleeps a second at its end
			e.Setenv("monday", mondayAfter(time.Now()).Format(time.DateOnly))
			e.Values[servedKey{}] = &served{}
			return os.CopyFS(filepath.Join(e.WorkDir, "clips"), audio.FS)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start": start, "terminate": stop, "kill9": kill, "http": ask, "member": setMember, "exits": exits,
			"bucket": func(ts *testscript.TestScript, _ bool, _ []string) { makeBucket(ts, t, buckets) },
		},
	})
}

// mondayAfter is the Monday of the week after the next: one that can be booked,
// wherever the script's practice is.
func mondayAfter(t time.Time) time.Time {
	return t.AddDate(0, 0, 14-int(t.Weekday()+6)%7)
}

// served is the one server of a script.
type served struct {
	cmd  *exec.Cmd
	done chan error
}

type servedKey struct{}

func start(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(servedKey{}).(*served)
	if neg || len(args) == 0 || s.cmd != nil {
		ts.Fatalf("usage: start CMD..., once at a time")
	}
	log, err := os.Create(ts.MkAbs("server.log"))
	ts.Check(err)
	cmd := command(ts, append(args, "--json", "--listen", "127.0.0.1:0"))
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(errors.Join(cmd.Start(), log.Close()))
	s.cmd, s.done = cmd, make(chan error, 1)
	ts.Defer(func() { kill(ts, false, nil) })
	line, err := bufio.NewReader(out).ReadString('\n')
	go func() { s.done <- cmd.Wait() }()
	if err != nil {
		ts.Fatalf("it ended before it was ready: %v: %s", err, ts.ReadFile("server.log"))
	}
	doc := map[string]any{}
	ts.Check(json.Unmarshal([]byte(line), &doc))
	setAll(ts, "", doc)
	ts.Setenv("address", strings.TrimPrefix(ts.Getenv("url"), "http://"))
}

// command is chartline in the script's directory and environment.
func command(ts *testscript.TestScript, args []string) *exec.Cmd {
	path, err := exec.LookPath("chartline")
	ts.Check(err)
	cmd := exec.Command(path, args...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "GOCOVERDIR", "GORACE", "CHARTLINE_DATA", "CHARTLINE_MEDIA", "CHARTLINE_S3_ACCESS_KEY", "CHARTLINE_S3_SECRET_KEY"} {
		if v := ts.Getenv(name); v != "" {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	return cmd
}

func makeBucket(ts *testscript.TestScript, t *testing.T, server *s3test.Server) {
	o := server.Bucket(t)
	query := "?endpoint=" + o.Endpoint + "&region=" + o.Region
	ts.Setenv("query", query)
	ts.Setenv("bucketname", o.Bucket)
	ts.Setenv("bucket", "s3://"+o.Bucket+"/"+o.Prefix+query)
	ts.Setenv("objects", server.File(o.Bucket, ""))
	ts.Setenv("CHARTLINE_S3_ACCESS_KEY", s3test.AccessKey)
	ts.Setenv("CHARTLINE_S3_SECRET_KEY", s3test.SecretKey)
}

func setAll(ts *testscript.TestScript, prefix string, doc map[string]any) {
	for name, v := range doc {
		switch v := v.(type) {
		case string:
			ts.Setenv(prefix+name, v)
		case map[string]any:
			setAll(ts, prefix+name+"_", v)
		}
	}
}

func stop(ts *testscript.TestScript, _ bool, _ []string) {
	s := ts.Value(servedKey{}).(*served)
	ts.Check(s.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-s.done:
		s.cmd = nil
		if err != nil {
			ts.Fatalf("it stopped with %v: %s", err, ts.ReadFile("server.log"))
		}
	case <-time.After(3 * time.Minute):
		ts.Fatalf("it does not stop")
	}
}

func kill(ts *testscript.TestScript, _ bool, _ []string) {
	s := ts.Value(servedKey{}).(*served)
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // it may have ended meanwhile
	<-s.done
	s.cmd = nil
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec("chartline", args[1:]...)
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("it exits with %d, want %d", got, want)
	}
}
