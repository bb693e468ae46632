package cli

import (
	"io"
	"os"
	"sync/atomic"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress is one bar over all files, on a terminal only.
type progress struct {
	bars  *mpb.Progress
	bar   *mpb.Bar
	total atomic.Int64
}

// newProgress returns the bar for files; elsewhere than on a terminal, or for
// --json, one that shows nothing.
func (a *app) newProgress(files []string) *progress {
	total := int64(0)
	for _, name := range files {
		if info, err := os.Stat(name); err == nil { // else its own turn says why
			total += info.Size()
		}
	}
	p := a.newMeter()
	p.Expect(total)
	return p
}

// newMeter returns a bar that is told what there is to do.
func (a *app) newMeter() *progress {
	f, ok := a.err.(*os.File)
	if !ok || a.json || !isatty.IsTerminal(f.Fd()) {
		return &progress{}
	}
	bars := mpb.NewWithContext(a.ctx, mpb.WithOutput(f), mpb.WithWidth(48))
	return &progress{bars: bars, bar: bars.AddBar(0,
		mpb.PrependDecorators(decor.CountersKibiByte("% .1f / % .1f")),
		mpb.AppendDecorators(decor.AverageSpeed(decor.SizeB1024(0), "% .1f"), decor.Name(" "), decor.AverageETA(decor.ET_STYLE_GO)))}
}

// Expect adds to what there is to do.
func (p *progress) Expect(bytes int64) {
	if p.bar != nil {
		p.bar.SetTotal(p.total.Add(bytes), false)
	}
}

// Done tells that so much more was done.
func (p *progress) Done(bytes int64) {
	if p.bar != nil {
		p.bar.IncrInt64(bytes)
	}
}

// reader counts what is read of r.
func (p *progress) reader(r io.Reader) io.Reader {
	if p.bar == nil {
		return r
	}
	return p.bar.ProxyReader(r)
}

// wait takes the bar away and gives the terminal back.
func (p *progress) wait() {
	if p.bars == nil {
		return
	}
	p.bar.Abort(true)
	p.bars.Wait()
}
