package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"chartline/internal/care"
	"chartline/internal/config"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/vault"
)

type keyCmd struct {
	Status   keyStatus   `cmd:"" help:"Say whether storage is sealed, and where its master key is."`
	List     keyList     `cmd:"" help:"List the instances' keys."`
	Rotate   keyRotate   `cmd:"" help:"Wrap keys with new keys, while serving; no recording is written anew."`
	Seal     keySeal     `cmd:"" help:"Seal the plain recordings and files from before, while serving."`
	Shredded keyShredded `cmd:"" help:"Print the list of destroyed keys, to be kept with backups."`
	Replay   keyReplay   `cmd:"" help:"Destroy again what a list of destroyed keys names, after a restore."`
}

type keyStatusDoc struct {
	Sealing bool   `json:"sealing"` // of what is new
	Master  string `json:"master"`  // where it is
	Beside  bool   `json:"beside"`  // the data that it opens
	// Names are the master keys at hand, the current one first; a key service
	// does not tell.
	Names        []string `json:"names"`
	InstanceKeys int      `json:"instanceKeys"`
	// Former counts those that are not wrapped with the current master key.
	Former int `json:"former"`
	// Unfinished counts the versions that a rotation has not retired.
	Unfinished int    `json:"unfinished"`
	Usable     bool   `json:"usable"`
	Problem    string `json:"problem,omitempty"`
}

type keyStatus struct {
	Settings dataFlags `embed:""`
}

// Run tells what there is; it reads no recording.
func (keyStatus) Run(a *app) error {
	return a.with(func(e *engine) error {
		doc, err := e.keyStatus(a.ctx)
		if err != nil {
			return err
		}
		return a.show(doc, func(w io.Writer) {
			state, keys := "on", strconv.Itoa(doc.InstanceKeys)
			if !doc.Sealing {
				state = "off: what is new is stored plain"
			}
			if doc.Former > 0 {
				keys += fmt.Sprintf(", %d of them wrapped with a former master key: chartline key rotate ends that", doc.Former)
			}
			if doc.Unfinished > 0 {
				keys += fmt.Sprintf(", %d versions not retired: chartline key rotate --instances ends that", doc.Unfinished)
			}
			writeFields(w, field{"sealing", state}, field{"master key", doc.Master}, field{"named", strings.Join(doc.Names, " ")},
				field{"instance keys", keys}, field{"problem", doc.Problem})
		})
	})
}

func (e *engine) keyStatus(ctx context.Context) (keyStatusDoc, error) {
	doc := keyStatusDoc{Sealing: e.settings.Seal, Names: []string{}, Usable: true}
	doc.Master, doc.Beside = whereMaster(e.settings)
	names, problem := masterNames(e.settings)
	doc.Names = append(doc.Names, names...)
	if problem == nil {
		problem = e.vault.Check(ctx)
	}
	if problem != nil {
		doc.Usable, doc.Problem = false, problem.Error()
	}
	newest := map[care.Scope]int64{}
	err := e.vault.Each(ctx, func(k care.InstanceKey) error {
		doc.InstanceKeys++
		if len(names) > 0 && k.Master != names[0] {
			doc.Former++
		}
		if newest[k.Scope] != 0 {
			doc.Unfinished++
		}
		newest[k.Scope] = k.Version
		return nil
	})
	return doc, err
}

// whereMaster says where the master key is, and whether that is beside the data.
func whereMaster(c config.Config) (where string, beside bool) {
	switch {
	case c.KMSCommand != "":
		program, _, _ := strings.Cut(strings.TrimSpace(c.KMSCommand), " ")
		return "kept by a key service, asked by " + program, false
	case !c.MasterKey.Empty():
		return "given by the environment", false
	}
	return c.MasterKeyFile, within(c.Data, c.MasterKeyFile)
}

// masterNames names the master keys at hand.
func masterNames(c config.Config) ([]string, error) {
	switch {
	case c.KMSCommand != "":
		return nil, nil
	case !c.MasterKey.Empty():
		r, err := vault.ParseRing(c.MasterKey.Reveal())
		return r.Names(), err
	}
	return vault.NewFile(c.MasterKeyFile).Names()
}

type instanceKeyDoc struct {
	Tenant    string    `json:"tenant"`
	Instance  string    `json:"instance"`
	Version   int64     `json:"version"`
	Master    string    `json:"master"`
	CreatedAt time.Time `json:"createdAt"`
}

type keyList struct {
	Settings dataFlags `embed:""`
}

// Run lists instance keys; there are as many as instances.
func (keyList) Run(a *app) error {
	return a.with(func(e *engine) error {
		var all []instanceKeyDoc
		err := e.vault.Each(a.ctx, func(k care.InstanceKey) error {
			all = append(all, instanceKeyDoc{k.Tenant, k.Instance, k.Version, k.Master, k.CreatedAt})
			return nil
		})
		if err != nil {
			return err
		}
		return showPage(a, all, "",
			column[instanceKeyDoc]{"INSTANCE", func(k instanceKeyDoc) string {
				if k.Tenant == "" {
					return "(the installation)"
				}
				return k.Tenant + "/" + k.Instance
			}},
			column[instanceKeyDoc]{"VERSION", func(k instanceKeyDoc) string { return strconv.FormatInt(k.Version, 10) }},
			column[instanceKeyDoc]{"MASTER KEY", func(k instanceKeyDoc) string { return k.Master }},
			column[instanceKeyDoc]{"CREATED", func(k instanceKeyDoc) string { return when(k.CreatedAt) }})
	})
}

type keyShredded struct {
	Settings dataFlags `embed:""`
}

// Run prints the list; it is JSON in any case.
func (keyShredded) Run(a *app) error {
	return a.with(func(e *engine) error {
		_, err := e.vault.WriteShredded(a.ctx, a.out)
		return err
	})
}

type keyReplay struct {
	List     string    `arg:"" placeholder:"FILE" help:"What chartline key shredded printed."`
	Settings dataFlags `embed:""`
}

type replayedDoc struct {
	Destroyed int `json:"destroyed"` // keys that had come back
}

// Run destroys keys that a restore has brought back.
func (c keyReplay) Run(a *app) error {
	return a.with(func(e *engine) (err error) {
		list, err := os.Open(c.List)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, list.Close()) }()
		if err := e.noteKeys(a, "destroy keys again by a list"); err != nil {
			return err
		}
		n, err := vault.Replay(a.ctx, e.store, list)
		if err != nil {
			return err
		}
		return a.show(replayedDoc{n}, func(w io.Writer) { fmt.Fprintf(w, "%d keys had come back and are destroyed\n", n) })
	})
}

// noteKeys audits what is about to be done to keys.
func (e *engine) noteKeys(a *app, what string) error {
	q := gate.Request{Actor: a.actor(), Action: policy.SystemMaintain, Reason: what}
	_, err := gate.Open(a.ctx, e.gate, q, gate.Nothing("key"))
	return err
}
