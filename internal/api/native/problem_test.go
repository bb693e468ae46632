package native

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"chartline/internal/care"
)

func TestEveryKindHasAShapeOfItsOwn(t *testing.T) {
	t.Parallel()
	titles := map[string]care.Kind{}
	for _, k := range care.Kinds() {
		sh := shapeOf(k)
		if other, taken := titles[sh.title]; taken {
			t.Errorf("%s is shown as %s is", k, other)
		}
		titles[sh.title] = k
		if sh.status < 400 || sh.status == 500 && k != care.KindInternal {
			t.Errorf("%s: status %d", k, sh.status)
		}
		w := httptest.NewRecorder()
		writeError(w, nil, &care.Error{Kind: k, Noun: "voice_call", Message: "shown", Fields: map[string]string{"b": "2", "a": "1"}}, "id")
		var p problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		if w.Code != sh.status || p.Status != sh.status || p.Type != "urn:chartline:problem:"+k.String() || p.ErrorID != "id" || len(p.Errors) != 2 || p.Errors[0].Field != "a" {
			t.Errorf("%s: %d %s", k, w.Code, w.Body)
		}
		if shown := p.Detail == "shown"; shown == (k == care.KindInternal) {
			t.Errorf("%s: detail %q", k, p.Detail)
		}
	}
	w := httptest.NewRecorder()
	writeError(w, nil, care.NotFound("voice_call").(*care.Error), "")
	if !strings.Contains(w.Body.String(), `"detail":"No such voice call."`) {
		t.Error(w.Body)
	}
}
