// Command pocketbase is the peer: PocketBase as a library, with collections
// that hold the rows of the benchmarks and the indexes that their questions
// need. "serve" is PocketBase's own; "init" makes the collections and one
// client, and prints the client's token.
package main

import (
	"fmt"
	"log"
	"time"

	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
	"github.com/spf13/cobra"
)

func main() {
	app := pocketbase.NewWithConfig(pocketbase.Config{HideStartBanner: true})
	app.RootCmd.AddCommand(&cobra.Command{
		Use:   "init",
		Short: "Make the collections and a client, and print its token",
		RunE: func(*cobra.Command, []string) error {
			token, err := initialise(app)
			if err == nil {
				fmt.Println(token)
			}
			return err
		},
	})
	if err := app.Start(); err != nil {
		log.Fatal(err)
	}
}

func initialise(app core.App) (string, error) {
	if err := app.RunAllMigrations(); err != nil {
		return "", fmt.Errorf("migrations: %w", err)
	}
	settings := app.Settings()
	settings.Logs.MaxDays = 0 // no request log: its cost is not what is compared
	if err := app.Save(settings); err != nil {
		return "", fmt.Errorf("settings: %w", err)
	}
	for _, collection := range collections() {
		if err := app.Save(collection); err != nil {
			return "", fmt.Errorf("collection %s: %w", collection.Name, err)
		}
	}
	if _, err := account(app, core.CollectionNameSuperusers); err != nil { // keeps the installer quiet
		return "", err
	}
	client, err := account(app, "clients")
	if err != nil {
		return "", err
	}
	return client.NewStaticAuthToken(10 * 365 * 24 * time.Hour)
}

func account(app core.App, collection string) (*core.Record, error) {
	found, err := app.FindCollectionByNameOrId(collection)
	if err != nil {
		return nil, fmt.Errorf("collection %s: %w", collection, err)
	}
	record := core.NewRecord(found)
	record.SetEmail("bench@example.org")
	record.SetRandomPassword()
	if err := app.Save(record); err != nil {
		return nil, fmt.Errorf("account in %s: %w", collection, err)
	}
	return record, nil
}

// collections hold no more than what the compared answers show, and let any
// client that has a token list them, and make calls.
func collections() []*core.Collection {
	text := func(name string) core.Field { return &core.TextField{Name: name} }
	number := func(name string) core.Field { return &core.NumberField{Name: name} }
	date := func(name string) core.Field { return &core.DateField{Name: name} }
	to := func(name string, c *core.Collection) core.Field {
		return &core.RelationField{Name: name, CollectionId: c.Id, MaxSelect: 1}
	}
	collection := func(name string, fields ...core.Field) *core.Collection {
		c := core.NewBaseCollection(name)
		c.ListRule = types.Pointer("@request.auth.id != ''")
		c.ViewRule = c.ListRule
		c.Fields.Add(fields...)
		return c
	}
	person := []string{"full_name", "email", "phone", "country_code", "timezone"}
	patients := collection("patients", text("gender"), text("birth_date"), text("mrn"))
	providers := collection("providers", text("provider_title"))
	for _, name := range person {
		patients.Fields.Add(text(name))
		providers.Fields.Add(text(name))
	}
	encounters := collection("encounters", number("number"), to("patient", patients), to("provider", providers), text("complaint"))
	sessions := collection("sessions", to("encounter", encounters), text("sid"), text("status"), date("started_at"), date("ended_at"), number("duration"))
	sessions.AddIndex("idx_sessions_encounter", false, "encounter, started_at", "")
	recordings := collection("recordings", text("name"), to("session", sessions), to("encounter", encounters))
	recordings.AddIndex("idx_recordings_name", true, "name", "")
	calls := collection("calls", to("patient", patients), text("direction"), number("duration"), text("status"), date("called_at"),
		&core.BoolField{Name: "has_recording"})
	calls.AddIndex("idx_calls_patient", false, "patient, called_at, id", "")
	calls.CreateRule = calls.ListRule
	return []*core.Collection{core.NewAuthCollection("clients"), patients, providers, encounters, sessions, recordings, calls}
}
