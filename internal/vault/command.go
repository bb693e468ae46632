package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"chartline/internal/trace"
)

// Command is a master key that a key service keeps: a program is run for each
// key that is wrapped or unwrapped, with one JSON object on its standard input
// and one on its output. Bytes are base64. docs/ops/encryption.md has a sample.
//
//	{"operation":"wrap","key":"...","use":"..."}                    -> {"name":"...","wrapped":"..."}
//	{"operation":"unwrap","name":"...","wrapped":"...","use":"..."} -> {"key":"..."}
//
// It implements Master.
type Command struct {
	args    []string
	timeout time.Duration
}

// commandAnswer bounds what a program may answer.
const commandAnswer = 64 << 10

// NewCommand returns the key service that line speaks to: a program and its
// arguments with white space between. No shell reads it.
func NewCommand(line string, timeout time.Duration) *Command {
	return &Command{args: strings.Fields(line), timeout: timeout}
}

// message is what goes to the program and comes from it.
type message struct {
	Operation string `json:"operation,omitempty"`
	Name      string `json:"name,omitempty"`
	Use       string `json:"use,omitempty"`
	Key       []byte `json:"key,omitempty"`
	Wrapped   []byte `json:"wrapped,omitempty"`
}

// Wrap implements Master.
func (c *Command) Wrap(ctx context.Context, key []byte, use string) ([]byte, string, error) {
	out, err := c.run(ctx, message{Operation: "wrap", Key: key, Use: use})
	if err == nil && (len(out.Wrapped) == 0 || out.Name == "") {
		err = fmt.Errorf("%w: the key service's command answered no name or no wrapped key", ErrNoMaster)
	}
	return out.Wrapped, out.Name, err
}

// Unwrap implements Master.
func (c *Command) Unwrap(ctx context.Context, wrapped []byte, name, use string) ([]byte, error) {
	out, err := c.run(ctx, message{Operation: "unwrap", Name: name, Wrapped: wrapped, Use: use})
	if err == nil && len(out.Key) == 0 {
		err = fmt.Errorf("%w: the key service's command answered no key", ErrNoMaster)
	}
	return out.Key, err
}

// Current implements Master: the key service knows.
func (c *Command) Current(context.Context) (string, error) { return "", nil }

func (c *Command) run(ctx context.Context, in message) (out message, err error) {
	span := trace.Leaf(ctx, trace.KeyService)
	defer func() { span.End(err) }()
	if len(c.args) == 0 {
		return out, fmt.Errorf("%w: there is no command", ErrNoMaster)
	}
	text, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var answer, complaint bounded
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...) // #nosec G204 -- the operator's own program, without a shell
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), &answer, &complaint
	cmd.Env = withoutKeys(os.Environ())
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("no answer within %v", c.timeout)
		}
		return out, fmt.Errorf("%w: the key service's command failed to %s: %w%s", ErrNoMaster, in.Operation, err, complaint.quote())
	}
	if answer.over {
		return out, fmt.Errorf("%w: the key service's command answered more than %d bytes", ErrNoMaster, commandAnswer)
	}
	if err := json.Unmarshal(answer.b, &out); err != nil {
		return message{}, fmt.Errorf("%w: the key service's command did not answer with a JSON object", ErrNoMaster)
	}
	return out, nil
}

// withoutKeys takes our own secrets out of the program's environment.
func withoutKeys(env []string) []string {
	var kept []string
	for _, v := range env {
		if name, _, _ := strings.Cut(v, "="); name != "CHARTLINE_AUDIT_KEY" && name != "CHARTLINE_MASTER_KEY" {
			kept = append(kept, v)
		}
	}
	return kept
}

// bounded keeps the first bytes and takes the rest.
type bounded struct {
	b    []byte
	over bool
}

var _ io.Writer = (*bounded)(nil)

func (w *bounded) Write(p []byte) (int, error) {
	room := commandAnswer - len(w.b)
	w.over = w.over || len(p) > room
	w.b = append(w.b, p[:min(len(p), room)]...)
	return len(p), nil
}

// quote is the first line of what the program complained of.
func (w *bounded) quote() string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(w.b)), "\n")
	if line == "" {
		return ""
	}
	return fmt.Sprintf(" (it says %q)", line[:min(len(line), 200)])
}
