package cli

import (
	"io"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress is one bar over all files, on a terminal only.
type progress struct {
	bars *mpb.Progress
	bar  *mpb.Bar
}

// newProgress returns the bar for files; elsewhere than on a terminal, or for
// --json, one that shows nothing.
func (a *app) newProgress(files []string) *progress {
	f, ok := a.err.(*os.File)
	if !ok || a.json || !isatty.IsTerminal(f.Fd()) {
		return &progress{}
	}
	total := int64(0)
	for _, name := range files {
		if info, err := os.Stat(name); err == nil { // else its own turn says why
			total += info.Size()
		}
	}
	bars := mpb.NewWithContext(a.ctx, mpb.WithOutput(f), mpb.WithWidth(48))
	return &progress{bars: bars, bar: bars.AddBar(total,
		mpb.PrependDecorators(decor.CountersKibiByte("% .1f / % .1f")),
		mpb.AppendDecorators(decor.AverageSpeed(decor.SizeB1024(0), "% .1f"), decor.Name(" "), decor.AverageETA(decor.ET_STYLE_GO)))}
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
