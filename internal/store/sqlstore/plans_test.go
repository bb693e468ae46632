package sqlstore_test

import (
	"database/sql"
	"regexp"
	"slices"
	"strings"
	"testing"

	"chartline/internal/store/sqlite"
	"chartline/internal/store/sqlite/sqlitetest"
)

// plans says by which indexes the statements that many requests wait for are
// answered, in SQLite, which keeps no statistics here that could change them.
var plans = map[string][]string{
	"sqlToken":           {"token USING PRIMARY KEY (hash=?)"},
	"sqlInstance":        {"instance USING PRIMARY KEY (tenant=? AND instance=?)"},
	"sqlClient":          {"client USING PRIMARY KEY (name=?)"},
	"sqlGrants":          {"client_grant USING PRIMARY KEY (client=?)"},
	"sqlPatient":         {"patient USING INDEX sqlite_autoindex_patient_1 (tenant=? AND instance=? AND id=?)"},
	"sqlPatientByNumber": {"patient USING INDEX sqlite_autoindex_patient_2 (tenant=? AND instance=? AND number=?)"},
	"sqlPatientByMRN":    {"patient USING INDEX patient_by_mrn (tenant=? AND instance=? AND mrn=?)"},
	"sqlCall":            {"voice_call USING INDEX sqlite_autoindex_voice_call_1 (tenant=? AND instance=? AND id=?)"},
	"sqlCareTeamHas":     {"care_team USING PRIMARY KEY (tenant=? AND instance=? AND patient=? AND provider=?)"},
	"sqlRecording":       {"recording USING INDEX sqlite_autoindex_recording_1 (tenant=? AND instance=? AND id=?)"},
	"sqlRecordingsNamed": {
		"recording USING INDEX recording_by_form (tenant=? AND instance=? AND form=?)", "i USING PRIMARY KEY (tenant=? AND instance=?)",
	},
	"sqlRecordingsFitting": {
		"recording USING INDEX recording_by_form (tenant=? AND instance=? AND form>? AND form<?)",
		"i USING PRIMARY KEY (tenant=? AND instance=?)",
	},
	"sqlRecordingsOf": {"recording USING INDEX recording_by_owner (tenant=? AND instance=? AND owner_kind=? AND owner_id=?)"},
	"sqlVisit": {
		"e USING PRIMARY KEY (tenant=? AND instance=? AND id=?)", "i USING PRIMARY KEY (tenant=? AND instance=?)",
		"p USING INDEX sqlite_autoindex_patient_2 (tenant=? AND instance=? AND number=?)",
		"v USING INDEX sqlite_autoindex_provider_1 (tenant=? AND instance=? AND number=?)",
		"s USING PRIMARY KEY (tenant=? AND instance=? AND encounter=?) LEFT-JOIN",
		"c USING INDEX recording_by_owner (tenant=? AND instance=? AND owner_kind=? AND owner_id=?) LEFT-JOIN",
	},
	"sqlVisitNamed": {
		"i USING PRIMARY KEY (tenant=? AND instance=?)", "r USING INDEX recording_by_form (tenant=? AND instance=? AND form=?)",
		"e USING PRIMARY KEY (tenant=? AND instance=? AND id=?) LEFT-JOIN",
		"p USING INDEX sqlite_autoindex_patient_2 (tenant=? AND instance=? AND number=?) LEFT-JOIN",
		"v USING INDEX sqlite_autoindex_provider_1 (tenant=? AND instance=? AND number=?) LEFT-JOIN",
		"s USING PRIMARY KEY (tenant=? AND instance=? AND encounter=?) LEFT-JOIN",
		"c USING INDEX recording_by_owner (tenant=? AND instance=? AND owner_kind=? AND owner_id=?) LEFT-JOIN",
	},
	"sqlCallStats":         {"call_stats USING PRIMARY KEY (tenant=? AND instance=? AND patient=?)"},
	"sqlCallsUp":           {callRange},
	"sqlCallsDown":         {callRange},
	"sqlCallsUpFiltered":   {callRange},
	"sqlCallsDownFiltered": {callRange},
	"sqlCallsCount":        {callRange},
	"sqlAuditHead":         {"audit_chain USING PRIMARY KEY (chain=?)"},
	"sqlAuditGroups":       {"g USING INDEX sqlite_autoindex_audit_group_1 (chain=? AND last_seq>?)"},
	"sqlProvidersByEmail":  {"provider USING INDEX provider_by_email (tenant=? AND instance=? AND <expr>=?)"},
	"sqlAgenda":            {"appointment USING INDEX appointment_agenda (tenant=? AND instance=? AND provider=? AND start_at>? AND start_at<?)"},
	"sqlSchedule":          {"schedule USING PRIMARY KEY (tenant=? AND instance=? AND provider=?)"},
	"sqlRosterTotal":       {"counter USING PRIMARY KEY (tenant=? AND instance=? AND name=?)"},
	"sqlRosterUp":          rosterPage,
	"sqlRosterDown":        rosterPage,
	"sqlRosterCount":       {rosterRange},
	"sqlReadingsOf": {
		"r USING INDEX reading_by_time (tenant=? AND instance=? AND patient=? AND kind=? AND recorded_at>? AND recorded_at<?)",
	},
	"sqlLastCalls": {
		"c USING INDEX sqlite_autoindex_voice_call_1 (tenant=? AND instance=? AND id=?)",
		"l USING COVERING INDEX voice_call_page (tenant=? AND instance=? AND patient=?)",
	},
	"sqlLastSessions": {
		"p USING INDEX sqlite_autoindex_patient_1 (tenant=? AND instance=? AND id=?)",
		"s USING INDEX sqlite_autoindex_video_session_2 (tenant=? AND instance=? AND id=?)",
		"e USING COVERING INDEX encounter_by_patient (tenant=? AND instance=? AND patient=?)",
		"v USING PRIMARY KEY (tenant=? AND instance=? AND encounter=?)",
	},
	"sqlFilesUncited": {"file USING INDEX file_by_uploader (tenant=? AND instance=? AND uploader=?)"},
	"sqlFilesOld":     {"file USING INDEX file_uncited (created_at<?)"},
	"sqlForms":        {"form USING INDEX form_by_age (tenant=? AND instance=? AND (created_at,id)<(?,?))"},
	"sqlFormsOf": {
		"form USING INDEX form_by_patient (tenant=? AND instance=? AND patient=? AND (created_at,id)<(?,?))",
	},
	"sqlObservations": {"lab_observation USING INDEX lab_observation_by_report (tenant=? AND instance=? AND report=?)"},
	"sqlNotes": {
		"n USING INDEX note_by_age (tenant=? AND instance=? AND (created_at,id)<(?,?))",
		"a USING COVERING INDEX note_by_amended (tenant=? AND instance=? AND amends=?)",
	},
	"sqlNotesOf": {
		"n USING INDEX note_by_patient (tenant=? AND instance=? AND patient=? AND (created_at,id)<(?,?))",
		"a USING COVERING INDEX note_by_amended (tenant=? AND instance=? AND amends=?)",
	},
	"sqlAnalysesPatient": {
		"a USING INDEX analysis_by_patient (tenant=? AND instance=? AND patient=? AND (created_at,id)<(?,?))",
		"r USING INDEX sqlite_autoindex_recording_1 (tenant=? AND instance=? AND id=?)",
		"i USING PRIMARY KEY (tenant=? AND instance=?)",
	},
	"sqlAnalysesEncounter": {
		"a USING INDEX analysis_by_encounter (tenant=? AND instance=? AND encounter=? AND (created_at,id)<(?,?))",
		"r USING INDEX sqlite_autoindex_recording_1 (tenant=? AND instance=? AND id=?)",
		"i USING PRIMARY KEY (tenant=? AND instance=?)",
	},
	"sqlBlobKeyUsed": {
		"recording USING INDEX recording_by_blob (blob_key=?)",
		"file USING COVERING INDEX file_by_blob (blob_key=?)",
	},
	"sqlDataKey":       {"data_key USING PRIMARY KEY (tenant=? AND instance=? AND object=?)"},
	"sqlDone":          {"done USING INDEX sqlite_autoindex_done_1 (tenant=? AND instance=? AND actor=? AND key=?)"},
	"sqlJobsDue":       {"job USING INDEX job_due (priority=? AND tenant=? AND run_at<?)"},
	"sqlJobTurn":       {"job USING INDEX job_due (priority=? AND tenant>?)"},
	"sqlJobFirst":      {"job USING INDEX job_due (priority=?)"},
	"sqlJobsState":     {"job USING INDEX job_by_state (state=? AND id>?)"},
	"sqlAdoptedObject": {"adopted_object USING PRIMARY KEY (blob_key=?)"},
	"sqlAdoptedByName": {"adopted_object USING INDEX sqlite_autoindex_adopted_object_2 (tenant=? AND instance=? AND place=? AND name=?)"},
	"sqlDamagedObject": {"damaged_object USING PRIMARY KEY (blob_key=?)"},
	"sqlStoredObjects": {
		"recording USING INDEX recording_by_blob (blob_key>?)", "file USING INDEX file_by_blob (blob_key>?)",
	},
}

const callRange = "voice_call USING COVERING INDEX voice_call_page " +
	"(tenant=? AND instance=? AND patient=? AND (called_at,id)>(?,?) AND (called_at,id)<(?,?))"

const rosterRange = "patient USING COVERING INDEX patient_by_creation " +
	"(tenant=? AND instance=? AND (created_at,id)>(?,?) AND (created_at,id)<(?,?))"

var rosterPage = []string{
	rosterRange, "p USING INDEX sqlite_autoindex_patient_1 (tenant=? AND instance=? AND id=?)",
	"d USING PRIMARY KEY (tenant=? AND instance=? AND person=?) LEFT-JOIN",
}

// scans and sorts are the statements that may read a whole table, or order what
// they found: small tables, and answers that a limit keeps small.
var (
	scans = []string{"sqlAuditChains"}
	sorts = []string{"sqlRecordingsFitting", "sqlLastSessions"}
)

// own are steps through what a statement itself made: the ids that it was given,
// a page of keys.
var own = []string{"SCAN CONSTANT ROW", "SCAN wanted", "SCAN w", "SCAN k"}

var parameter = regexp.MustCompile(`\$([0-9]+)`)

func TestNoStatementReadsMoreThanItAnswers(t *testing.T) {
	t.Parallel()
	path := sqlitetest.New(t)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), "ATTACH DATABASE $1 AS audit_log", sqlite.AuditPath(path)); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	all := sqlConstants(t)
	for name := range plans {
		if all[name] == "" {
			t.Errorf("there is no statement %s", name)
		}
	}
	for name, text := range all {
		checkPlan(t, name, planOf(t, db, name, text))
	}
}

func checkPlan(t *testing.T, name string, plan []string) {
	t.Helper()
	var searches []string
	for _, step := range plan {
		found, isSearch := strings.CutPrefix(step, "SEARCH ")
		switch {
		case isSearch:
			searches = append(searches, found)
		case strings.HasPrefix(step, "SCAN ") && !slices.Contains(own, step) && !slices.Contains(scans, name):
			t.Errorf("%s reads a whole table: %s", name, step)
		case strings.Contains(step, "TEMP B-TREE") && !slices.Contains(sorts, name):
			t.Errorf("%s sorts: %s", name, step)
		case strings.Contains(step, "AUTOMATIC"):
			t.Errorf("%s makes an index each time it runs: %s", name, step)
		}
	}
	if want, ok := plans[name]; ok && !slices.Equal(searches, want) {
		t.Errorf("%s searches\n\t%s\nand not\n\t%s", name, strings.Join(searches, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func planOf(t *testing.T, db *sql.DB, name, text string) (plan []string) {
	t.Helper()
	r, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, make([]any, len(parameter.FindAllString(text, -1)))...)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer func() { _ = r.Close() }()
	for r.Next() {
		var id, parent, unused int
		var detail string
		if err := r.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}
