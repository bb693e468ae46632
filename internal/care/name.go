package care

import "strings"

// mediaExtensions are those that a name may carry or lack (telehealth.md
// section 12).
var mediaExtensions = [...]string{".mp4", ".webm", ".mkv", ".mp3", ".m4a", ".wav", ".ogg"}

// NameForm is a recording's name taken apart: Dir/Stem+Ext.
type NameForm struct {
	Dir  string // without the trailing slash; empty where there is none
	Stem string
	Ext  string // a media extension in lower case with its dot, or empty
}

// FormOf takes name apart. Only one media extension is cut, in any case; a name
// that is nothing but an extension keeps it.
func FormOf(name string) NameForm {
	var f NameForm
	base := name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		f.Dir, base = name[:i], name[i+1:]
	}
	f.Stem = base
	for _, ext := range mediaExtensions {
		if n := len(base) - len(ext); n > 0 && strings.EqualFold(base[n:], ext) {
			f.Stem, f.Ext = base[:n], ext
			break
		}
	}
	return f
}

// Fits reports whether two names can mean the same recording: the same stem,
// and of folder and extension nothing that contradicts. One may have more than
// the other: "x" fits "rec/x.mp4", "rec/x.mp4" does not fit "rec/x.mp3".
func (f NameForm) Fits(g NameForm) bool {
	return f.Stem == g.Stem && f.Stem != "" &&
		(f.Ext == "" || g.Ext == "" || f.Ext == g.Ext) &&
		(dirFits(f.Dir, g.Dir) || dirFits(g.Dir, f.Dir))
}

// dirFits reports whether short is empty or the tail of long, folder by folder.
func dirFits(short, long string) bool {
	return short == "" || short == long || strings.HasSuffix(long, "/"+short)
}
