package cli

import (
	"errors"
	"fmt"
	"io"

	"chartline/internal/care"
	"chartline/internal/clinic/recordings"
	"chartline/internal/vault"
)

type keyRotate struct {
	Instances bool      `help:"Make new instance keys and wrap the data keys with them, instead of making a new master key."`
	Tenant    string    `placeholder:"NAME" help:"With --instances: this tenant's only."`
	Instance  string    `placeholder:"NAME" help:"With --tenant: this instance's only."`
	Forget    bool      `help:"Take former master keys out of the key file, once nothing here hangs on them. Older backups of keys then need them from where you kept them."`
	Settings  dataFlags `embed:""`
}

type rotatedDoc struct {
	// Master is the current master key's name; empty where a key service has it.
	Master       string `json:"master,omitempty"`
	NewMaster    bool   `json:"newMaster"`
	InstanceKeys int    `json:"instanceKeys"` // wrapped again
	DataKeys     int    `json:"dataKeys"`     // wrapped again
	Retired      int    `json:"retired"`      // versions of instance keys
	Resumed      bool   `json:"resumed"`      // an earlier rotation was ended
	Forgotten    int    `json:"forgotten"`    // master keys taken out of the file
}

// Run rotates, beside a server or without one. Where an earlier rotation did not
// come to its end, it ends that one.
func (c keyRotate) Run(a *app) error {
	switch {
	case c.Instances && c.Forget:
		return usage{"--forget is about master keys and --instances is not"}
	case !c.Instances && c.Tenant != "" || c.Tenant == "" && c.Instance != "":
		return usage{"--tenant goes with --instances, and --instance with --tenant"}
	}
	return a.with(func(e *engine) error {
		if err := e.checkMaster(a.ctx); err != nil {
			return err
		}
		doc, err := c.rotate(a, e)
		if err != nil {
			return err
		}
		return a.show(doc, func(w io.Writer) { writeRotated(w, doc) })
	})
}

func (c keyRotate) rotate(a *app, e *engine) (rotatedDoc, error) {
	switch {
	case c.Instances:
		return c.instances(a, e)
	case c.Forget:
		return forgetMasters(a, e)
	}
	return rotateMaster(a, e)
}

func writeRotated(w io.Writer, d rotatedDoc) {
	if d.Resumed {
		fmt.Fprintln(w, "an earlier rotation was ended; run it again for another")
	}
	if d.NewMaster {
		fmt.Fprintf(w, "the master key is now %s: copy the key file to where its copy is kept\n", d.Master)
	}
	fmt.Fprintf(w, "%d instance keys and %d data keys were wrapped again, %d versions are gone\n", d.InstanceKeys, d.DataKeys, d.Retired)
	if d.Forgotten > 0 {
		fmt.Fprintf(w, "%d former master keys were taken out of the file\n", d.Forgotten)
	}
}

// rotateMaster wraps every instance key with the current master key. In a key
// file it first makes a new one, unless an earlier rotation is to be ended; in
// the environment, and in a key service, the operator has.
func rotateMaster(a *app, e *engine) (doc rotatedDoc, err error) {
	before, err := e.keyStatus(a.ctx)
	if err != nil {
		return doc, err
	}
	doc.Resumed = before.Former > 0
	if err := e.noteKeys(a, "rotate the master key"); err != nil {
		return doc, err
	}
	if inFile := e.settings.KMSCommand == "" && e.settings.MasterKey.Empty(); inFile && !doc.Resumed {
		if err := vault.NewFile(e.settings.MasterKeyFile).AddKey(); err != nil {
			return doc, fmt.Errorf("make a new master key: %w", err)
		}
		doc.NewMaster = true
	}
	if err := e.vault.RotateMaster(a.ctx, func(care.InstanceKey) { doc.InstanceKeys++ }); err != nil {
		return doc, err
	}
	if names, err := masterNames(e.settings); err == nil && len(names) > 0 {
		doc.Master = names[0]
	}
	return doc, nil
}

// forgetMasters leaves only the current master key in the file.
func forgetMasters(a *app, e *engine) (doc rotatedDoc, err error) {
	if e.settings.KMSCommand != "" || !e.settings.MasterKey.Empty() {
		return doc, usage{"--forget is for a key file; here the operator places the keys"}
	}
	status, err := e.keyStatus(a.ctx)
	if err != nil {
		return doc, err
	}
	if status.Former > 0 {
		return doc, errors.New("some instance keys hang on a former master key: run chartline key rotate first")
	}
	if err := e.noteKeys(a, "forget former master keys"); err != nil {
		return doc, err
	}
	doc.Master, doc.Forgotten = status.Names[0], len(status.Names)-1
	return doc, vault.NewFile(e.settings.MasterKeyFile).ForgetFormer()
}

// instances rotates the keys of instances.
func (c keyRotate) instances(a *app, e *engine) (doc rotatedDoc, err error) {
	var scopes []care.Scope
	err = e.vault.Each(a.ctx, func(k care.InstanceKey) error {
		wanted := (c.Tenant == "" || k.Tenant == c.Tenant) && (c.Instance == "" || k.Instance == c.Instance)
		if last := len(scopes) - 1; wanted && (last < 0 || scopes[last] != k.Scope) {
			scopes = append(scopes, k.Scope)
		}
		return nil
	})
	if err != nil {
		return doc, err
	}
	if len(scopes) == 0 {
		return doc, errors.New("no such instance has keys: nothing was sealed there yet")
	}
	if err := e.noteKeys(a, "rotate instance keys"); err != nil {
		return doc, err
	}
	for _, scope := range scopes {
		out, err := e.vault.RotateInstance(a.ctx, scope, func(int) {})
		if err != nil {
			return doc, fmt.Errorf("%s: %w; run it again to go on", scope, err)
		}
		doc.DataKeys, doc.Retired, doc.Resumed = doc.DataKeys+out.Keys, doc.Retired+out.Retired, doc.Resumed || out.Resumed
	}
	return doc, nil
}

type keySeal struct {
	Settings dataFlags `embed:""`
}

type sealedDoc struct {
	OK      bool  `json:"ok"`
	Sealed  int   `json:"sealed"`
	Bytes   int64 `json:"bytes"`
	Already int   `json:"already"`
	// Elsewhere were adopted and stay where they lie, plain or not.
	Elsewhere int         `json:"elsewhere"`
	Damaged   int         `json:"damaged"`
	Named     []sealedRow `json:"named"`
}

type sealedRow struct {
	Noun     string `json:"noun"`
	Tenant   string `json:"tenant"`
	Instance string `json:"instance"`
	ID       string `json:"id"`
	Key      string `json:"key"`
}

// errPlainLeft ends a sealing that could not seal everything.
var errPlainLeft = errors.New("some plain objects are missing or are not what was stored, and stay as they are; see above, and chartline scrub")

// Run seals what is plain. Interrupted, it goes on when it is run again.
func (c keySeal) Run(a *app) error {
	return a.with(func(e *engine) error {
		if !e.settings.Seal {
			return usage{"sealing is off (--seal off): there is nothing to seal with"}
		}
		if err := e.checkMaster(a.ctx); err != nil {
			return err
		}
		bar := a.newMeter()
		done, err := e.recordings.SealPlain(a.ctx, a.actor(), e.media, recordings.SealOptions{Expect: bar.Expect, Done: bar.Done})
		bar.wait()
		doc := sealedDoc{OK: err == nil && done.Damaged == 0, Sealed: done.Sealed, Bytes: done.Bytes, Already: done.Already, Elsewhere: done.Elsewhere, Damaged: done.Damaged,
			Named: docs(done.Named, func(o care.StoredObject) sealedRow { return sealedRow{o.Noun, o.Tenant, o.Instance, o.ID, o.Key} })}
		if err := errors.Join(err, a.show(doc, func(w io.Writer) { writeSealed(w, doc) })); err != nil {
			return err
		}
		if !doc.OK {
			return errPlainLeft
		}
		return nil
	})
}

func writeSealed(w io.Writer, d sealedDoc) {
	fmt.Fprintf(w, "%d objects, %s, were sealed; %d were before\n", d.Sealed, byteCount(d.Bytes), d.Already)
	if d.Elsewhere > 0 {
		fmt.Fprintf(w, "%d were adopted and stay as they lie\n", d.Elsewhere)
	}
	for _, o := range d.Named {
		fmt.Fprintf(w, "LEFT: %s %s of %s/%s: %s\n", o.Noun, o.ID, printable(o.Tenant), printable(o.Instance), o.Key)
	}
	if more := d.Damaged - len(d.Named); more > 0 {
		fmt.Fprintf(w, "and %d more\n", more)
	}
}
