package graph_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"chartline/internal/api/graph"
	"chartline/internal/care"
	"chartline/internal/testkit"
)

// clinic is a kit with patients and readings, and who asks.
type clinic struct {
	*testkit.Kit
	t     testing.TB
	scope care.Scope
	actor care.Actor
	graph *graph.Executor

	mu         sync.Mutex
	statements []string
}

var live = care.Scope{Tenant: "acme-health", Instance: "live"}

// open makes a clinic with so many patients, each with a reading of every kind.
func open(t testing.TB, patients int, introspection bool) *clinic {
	t.Helper()
	c := &clinic{t: t, scope: live}
	c.Kit = testkit.New(t, testkit.Options{Statement: c.note})
	c.Tenant(t, live.Tenant, "live", "sandbox")
	c.graph = graph.New(graph.Options{Chart: c.Chart, Introspection: introspection})
	c.actor = care.Actor{
		Kind: care.ActorClient, ID: "partner", Tenant: live.Tenant, Home: "live", Instances: []string{"live", "sandbox"},
		Grants: []care.Grant{{Tenant: live.Tenant, Instance: "live", Name: care.GrantPatientRead}},
	}
	for n := range patients {
		p := c.patient(live, fmt.Sprintf("Rosalind %03d", n))
		c.must(c.read(live, p, "2026-03-1"+fmt.Sprint(n%8)))
		c.Clock.Move(time.Minute)
	}
	return c
}

func (c *clinic) note(sql string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.statements = append(c.statements, sql)
}

// counted returns the queries that do runs. What the gate's audit entries need
// is not among them: how many of those share a commit is the moment's.
func (c *clinic) counted(do func()) []string {
	c.mu.Lock()
	c.statements = nil
	c.mu.Unlock()
	do()
	c.mu.Lock()
	defer c.mu.Unlock()
	var queries []string
	for _, sql := range c.statements {
		sql = strings.TrimSpace(sql)
		if (strings.HasPrefix(sql, "SELECT") || strings.HasPrefix(sql, "WITH")) && !strings.Contains(sql, "audit_") {
			queries = append(queries, sql)
		}
	}
	slices.Sort(queries)
	return queries
}

func (c *clinic) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *clinic) patient(s care.Scope, name string) care.Patient {
	c.t.Helper()
	p, err := c.People.CreatePatient(c.t.Context(), testkit.Operator(), care.Patient{Scope: s, FirstName: name, LastName: "Quillfeather"}, nil)
	c.must(err)
	return p
}

func (c *clinic) read(s care.Scope, p care.Patient, day string) error {
	steps, bed, sleep := int64(4000), int64(480), int64(431)
	_, err := c.Chart.AddReadings(c.t.Context(), testkit.Operator(), s, care.PersonRef{ID: p.ID}, []care.Reading{
		{Kind: care.ReadingSteps, Recorded: day, Steps: &steps, Key: "steps " + day, Source: "watch"},
		{Kind: care.ReadingSleep, Recorded: day, InBedMinutes: &bed, AsleepMinutes: &sleep, Key: "sleep " + day},
		{Kind: care.ReadingPulseOx, Recorded: day + "T08:00:00+05:30", SpO2: "97.5", Pulse: "61", Key: "ox " + day},
	})
	return err
}

// response is what a query is answered with.
type response struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Path       []any
		Extensions map[string]any
	}
}

func (r response) first() (code, message string) {
	if len(r.Errors) == 0 {
		return "", ""
	}
	code, _ = r.Errors[0].Extensions["code"].(string)
	return code, r.Errors[0].Message
}

func (c *clinic) ask(query string, variables map[string]any) response {
	c.t.Helper()
	out, err := c.graph.Answer(c.t.Context(), c.actor, c.scope, query, "", variables)
	c.must(err)
	var r response
	c.must(json.Unmarshal(out, &r))
	return r
}

// published is the query that the contract shows, with every field.
const published = `query Users($id: ID, $customerCode: String, $patients_created_from: String, $patients_created_to: String,
	$data_from: String, $data_to: String, $first: Int!, $page: Int) {
  users(id: $id, customerCode: $customerCode, patients_created_from: $patients_created_from, patients_created_to: $patients_created_to,
	first: $first, page: $page) {
    data {
      patient_id user_type first_name middle_name last_name full_name gender addr1 addr2 state city country post_code email_id email_id_alt
      phone1 phone2 work_phone country_code_phone1 country_code_phone2 country_code_work_phone country_code birth_date timezone
      created_at updated_at last_call_date_time last_call_duration_seconds rpm_status mrn height weight
      sleep_data(data_from: $data_from, data_to: $data_to) { total_inbed_minutes total_sleep_minutes recorded_date source }
      steps_data(data_from: $data_from, data_to: $data_to) { steps recorded_date source }
      pulse_ox_data(data_from: $data_from, data_to: $data_to) { id spo2_percent pulse_bpm recorded_date source }
    }
    paginatorInfo { count currentPage firstItem hasMorePages lastItem lastPage perPage total }
  }
}`

func TestAPageOfAHundredRunsAsManyStatementsAsAPageOfOne(t *testing.T) {
	t.Parallel()
	c := open(t, 100, false)
	ask := func(first int) func() {
		return func() {
			r := c.ask(published, map[string]any{"first": first})
			if len(r.Errors) > 0 {
				t.Fatalf("%+v", r.Errors)
			}
			if n := strings.Count(string(r.Data), `"spo2_percent":97.5`); n != first {
				t.Fatalf("%d patients with readings, not %d", n, first)
			}
		}
	}
	one, hundred := c.counted(ask(1)), c.counted(ask(100))
	if !slices.Equal(one, hundred) {
		t.Errorf("a page of one runs\n%s\nand a page of a hundred\n%s", strings.Join(one, "\n"), strings.Join(hundred, "\n"))
	}
	if len(hundred) != 7 { // the total, the page, three sets of data, last calls, last sessions
		t.Errorf("a page runs %d queries", len(hundred))
	}
}

func TestTheSchemaIsTheOneThatClientsKnow(t *testing.T) {
	t.Parallel()
	const golden = "../../../docs/api/schema.graphql"
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != graph.Schema() {
		t.Errorf("%s is not the schema that is served: a change of it is a promise broken or made; copy it there", golden)
	}
}

func TestThePublishedQueryIsAnswered(t *testing.T) {
	t.Parallel()
	c := open(t, 3, false)
	r := c.ask(published, map[string]any{"first": 2, "page": 2, "data_from": "2026-03-01", "data_to": "2026-03-31"})
	if len(r.Errors) > 0 {
		t.Fatalf("%+v", r.Errors)
	}
	for _, want := range []string{
		`"paginatorInfo":{"count":1,"currentPage":2,"firstItem":3,"hasMorePages":false,"lastItem":3,"lastPage":2,"perPage":2,"total":3}`,
		`"user_type":"patient","first_name":"Rosalind 002","middle_name":null`, `"rpm_status":null`, `"created_at":"2026-03-18T15:02:00Z"`,
		`"sleep_data":[{"total_inbed_minutes":480,"total_sleep_minutes":431,"recorded_date":"2026-03-12","source":null}]`,
		`"steps_data":[{"steps":4000,"recorded_date":"2026-03-12","source":"watch"}]`,
		`"pulse_ox_data":[{"id":"ox 2026-03-12","spo2_percent":97.5,"pulse_bpm":61,"recorded_date":"2026-03-12T08:00:00+05:30","source":null}]`,
	} {
		if !strings.Contains(string(r.Data), want) {
			t.Errorf("there is no %s in\n%s", want, r.Data)
		}
	}
}

func TestOneUserIsFoundByEitherIDAndOthersAreNobody(t *testing.T) {
	t.Parallel()
	c := open(t, 2, false)
	other := care.Scope{Tenant: "birch-clinic", Instance: "live"}
	c.Tenant(t, other.Tenant, "live")
	foreign := c.patient(other, "Tarquin")
	list, err := c.People.Patients(t.Context(), testkit.Operator(), live, 0, 1)
	c.must(err)
	mine := list[0]
	query := `query($id: ID) { users(id: $id, first: 5) { data { full_name } paginatorInfo { total } } }`
	found := `{"users":{"data":[{"full_name":"Rosalind 000 Quillfeather"}],"paginatorInfo":{"total":1}}}`
	nobody := `{"users":{"data":[],"paginatorInfo":{"total":0}}}`
	for _, one := range []struct {
		id   any
		want string
	}{
		{mine.ID, found}, {fmt.Sprint(mine.Number), found}, {mine.Number, found}, {float64(mine.Number), found},
		{foreign.ID, nobody}, {fmt.Sprint(foreign.Number), nobody}, {"", nobody}, {"' or 1=1", nobody}, {"11111111-1111-4111-8111-111111111111", nobody},
	} {
		r := c.ask(query, map[string]any{"id": one.id})
		want := one.want
		if foreign.Number == mine.Number && one.id == fmt.Sprint(foreign.Number) {
			want = found // numbers are counted in each instance: it is ours that is found
		}
		if len(r.Errors) > 0 || string(r.Data) != want {
			t.Errorf("%v: %s %+v", one.id, r.Data, r.Errors)
		}
	}
}

func TestANumberCanBeWrittenInTheQueryItself(t *testing.T) {
	t.Parallel()
	c := open(t, 1, false)
	list, err := c.People.Patients(t.Context(), testkit.Operator(), live, 0, 1)
	c.must(err)
	for query, want := range map[string]string{
		`{ users(id: %d, first: 5) { data { full_name } } }`:                                             "Rosalind",
		`{ users(first: 1,id:%d) { data { full_name } } } # and not %[1]d`:                               "Rosalind",
		`{ users(id: "%d", first: 5) { data { full_name } } }`:                                           "Rosalind",
		`{ users(id: """%d""", first: 5) { data { full_name } } }`:                                       "Rosalind",
		`{ users(id: "\"%d", first: 5) { data { full_name } } }`:                                         `"data":[]`,
		`{ users(id: -%d, first: 5) { data { full_name } } }`:                                            `"data":[]`,
		`{ _%d: users(first: 1) { data { full_name } } }`:                                                "Rosalind",
		`query($id: ID = %d) { users(id: $id, first: 5) { data { full_name } } }`:                        "Rosalind",
		`{ users(id: 5, first: 5) { data { full_name } } a%d: users(first: 1) { data { patient_id } } }`: `"users":{"data":[]}`,
	} {
		query = fmt.Sprintf(query, list[0].Number)
		if r := c.ask(query, nil); len(r.Errors) > 0 || !strings.Contains(string(r.Data), want) {
			t.Errorf("%s\nis answered %s %+v", query, r.Data, r.Errors)
		}
	}
	query := fmt.Sprintf("{ users(first: %d) { data { full_name } } }", list[0].Number)
	if r := c.ask(query, nil); len(r.Errors) == 0 {
		t.Errorf("%s\nis answered %s", query, r.Data)
	}
}

func TestWhatIsWrongWithAQueryIsTold(t *testing.T) {
	t.Parallel()
	c := open(t, 1, false)
	for query, want := range map[string]string{
		`{ users(first: 0) { paginatorInfo { total } } }`:                                            "first must be 1 to 100",
		`{ users(first: 101) { paginatorInfo { total } } }`:                                          "first must be 1 to 100",
		`{ users(first: -1, page: 0) { paginatorInfo { total } } }`:                                  "first must be 1 to 100; page must be 1 or more",
		`{ users(first: 1, patients_created_from: "18.03.2026") { paginatorInfo { total } } }`:       "patients_created_from must be YYYY-MM-DD",
		`{ users(first: 1) { data { steps_data(data_from: "soon", data_to: "later") { steps } } } }`: "data_from must be YYYY-MM-DD, or a date-time with an offset (RFC 3339); data_to must be",
		`{ users(first: 1, customerCode: "nowhere") { paginatorInfo { total } } }`:                   "No record found",
		`{ users { paginatorInfo { total } } }`:                                                      `argument "first"`,
		`{ users(first: 1) { data { frst_name } } }`:                                                 `Cannot query field "frst_name" on type "User".`,
		`mutation { users(first: 1) { paginatorInfo { total } } }`:                                   "mutation",
		`subscription { users(first: 1) { paginatorInfo { total } } }`:                               "no subscriptions are offered",
		`{`: "syntax error",
		``:  "no operations",
		`query A { users(first: 1) { paginatorInfo { total } } } query B { users(first: 1) { paginatorInfo { total } } }`: "operation",
		`{ __schema { types { name } } }`: "",
	} {
		r := c.ask(query, nil)
		if _, message := r.first(); !strings.Contains(message, want) || len(r.Errors) == 0 && want != "" {
			t.Errorf("%s\nis answered %s %+v, not %q", query, r.Data, r.Errors, want)
		}
		if strings.Contains(string(r.Data), "Rosalind") || strings.Contains(fmt.Sprint(r.Errors), "Did you mean") {
			t.Errorf("%s\nis answered %s %+v", query, r.Data, r.Errors)
		}
	}
}

func TestTheSchemaIsToldOnlyWhereThatIsSet(t *testing.T) {
	t.Parallel()
	ask := `{ __schema { queryType { name } } __type(name: "User") { fields { name type { ofType { ofType { ofType { name } } } } } } }`
	if r := open(t, 0, false).ask(ask, nil); strings.Contains(string(r.Data), "patient_id") || strings.Contains(string(r.Data), `"Query"`) {
		t.Errorf("it is told: %s", r.Data)
	}
	c := open(t, 0, true)
	if r := c.ask(ask, nil); !strings.Contains(string(r.Data), "patient_id") || len(r.Errors) > 0 {
		t.Errorf("it is not told: %s %+v", r.Data, r.Errors)
	}
	if _, message := c.ask(`{ users(first: 1) { data { frst_name } } }`, nil).first(); !strings.Contains(message, "first_name") {
		t.Errorf("nothing is suggested: %s", message)
	}
}

func TestTheGateIsInEveryResolver(t *testing.T) {
	t.Parallel()
	c := open(t, 2, false)
	// In the sandbox the client was granted nothing.
	c.scope = care.Scope{Tenant: live.Tenant, Instance: "sandbox"}
	c.patient(c.scope, "Sandalwood")
	r := c.ask(published, map[string]any{"first": 5})
	if code, _ := r.first(); code != "FORBIDDEN" || string(r.Data) != `{"users":null}` {
		t.Errorf("%s %+v", r.Data, r.Errors)
	}
	c.scope = live
	sandbox := "sandbox"
	r = c.ask(published, map[string]any{"first": 5, "customerCode": sandbox})
	if code, _ := r.first(); code != "FORBIDDEN" || string(r.Data) != `{"users":null}` {
		t.Errorf("by its code: %s %+v", r.Data, r.Errors)
	}
	// A provider who logged in sees the list, and the readings of those alone who
	// are in their care.
	c.actor = care.Actor{Kind: care.ActorPerson, ID: "somebody", Tenant: live.Tenant, Home: "live", Instances: []string{"live"},
		Grants: c.actor.Grants, Provider: care.PersonNumber(2026, 900)}
	r = c.ask(`{ users(first: 2) { data { patient_id steps_data { steps } last_call_date_time } } }`, nil)
	if code, _ := r.first(); code != "FORBIDDEN" || strings.Contains(string(r.Data), "4000") {
		t.Errorf("a provider: %s %+v", r.Data, r.Errors)
	}
}

// many writes a template n times.
func many(n int, one string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, one, i)
	}
	return b.String()
}

// TestAQueryThatWouldCostMuchIsRefusedCheaply is S23: an attacker asks for what
// grows beyond its text, by aliases, fragments, depth or mere length. All of it is
// refused whole, before it has cost anything.
func TestAQueryThatWouldCostMuchIsRefusedCheaply(t *testing.T) {
	t.Parallel()
	c := open(t, 3, false)
	for name, query := range map[string]string{
		"5000 aliases of a field":        "{ users(first: 1) { data { " + many(5000, "a%d: full_name ") + "} } }",
		"200 aliases of a field":         "{ users(first: 1) { data { " + many(200, "a%d: full_name ") + "} } }",
		"5000 aliases of a page":         "{ " + many(5000, "a%d: users(first: 1) { paginatorInfo { total } } ") + "}",
		"40 aliases of a page":           "{ " + many(40, "a%d: users(first: 1) { paginatorInfo { total } } ") + "}",
		"three pages of a hundred":       "{ " + many(3, "a%d: users(first: 100) { paginatorInfo { total } } ") + "}",
		"30 sets of data":                "{ users(first: 1) { data { " + many(30, "a%[1]d: steps_data(data_from: \"2026-01-%02[1]d\") { steps } ") + "} } }",
		"cyclic fragments":               "{ users(first: 1) { data { ...A } } } fragment A on User { ...B } fragment B on User { ...A }",
		"1000 cyclic fragments":          "{ users(first: 1) { data { ...F0 } } } " + many(1000, "fragment F%[1]d on User { ...F%[1]d } "),
		"100 cyclic fragments":           "{ users(first: 1) { data { ...F0 } } } " + many(100, "fragment F%[1]d on User { ...F%[1]d } "),
		"a fragment of itself":           "{ users(first: 1) { data { ...A } } } fragment A on User { ...A }",
		"fragments that double":          "{ users(first: 1) { data { ...F0 } } } " + doubling(12) + "fragment F12 on User { full_name }",
		"20 levels":                      "{ users(first: 1) { " + strings.Repeat("data { ", 20) + "full_name" + strings.Repeat(" }", 20) + " } }",
		"100 KB":                         "{ users(first: 1) { data { full_name } } }" + strings.Repeat(" ", 100_000),
		"10 KB of brackets":              strings.Repeat("{", 9_999),
		"10 KB of a name":                "{ " + strings.Repeat("a", 9_000) + " }",
		"a list in a list in a list":     "{ users(first: " + strings.Repeat("[", 4000) + strings.Repeat("]", 4000) + ") { paginatorInfo { total } } }",
		"introspection in introspection": "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }",
	} {
		r, cheapest := c.ask(query, nil), time.Hour
		for tries := 0; tries < 50 && cheapest > cheap; tries++ { // what else the machine does is not counted
			start := cpuTime(t)
			c.ask(query, nil)
			cheapest = min(cheapest, cpuTime(t)-start)
		}
		if cheapest > cheap {
			t.Errorf("%s: takes %s", name, cheapest)
		}
		if len(r.Data) > 0 && string(r.Data) != "null" && string(r.Data) != "{}" {
			t.Errorf("%s: data: %s", name, r.Data)
		}
		if len(r.Errors) == 0 && !strings.Contains(name, "introspection") {
			t.Errorf("%s: no error: %s", name, r.Data)
		}
	}
}

// cpuTime is what the process has used.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// doubling is fragments each of which stands twice in the one before.
func doubling(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "fragment F%d on User { ...F%d ...F%d } ", i, i+1, i+1)
	}
	return b.String()
}

// TestReadingsAreBoundedHoweverTheyAreAskedFor asks for one set of data again and
// again under other names: it is read once, but told each time.
func TestReadingsAreBoundedHoweverTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	c := open(t, 1, false)
	list, err := c.People.Patients(t.Context(), testkit.Operator(), live, 0, 1)
	c.must(err)
	steps := make([]care.Reading, care.MaxReadings)
	for i := range steps {
		n := int64(i)
		steps[i] = care.Reading{Kind: care.ReadingSteps, Recorded: "2026-03-17", Steps: &n}
	}
	_, err = c.Chart.AddReadings(t.Context(), testkit.Operator(), live, care.PersonRef{ID: list[0].ID}, steps)
	c.must(err)
	ask := func(times int) response {
		return c.ask("{ users(first: 1) { data { "+many(times, "a%d: steps_data(data_from: \"2026-03-17\") { steps } ")+"} } }", nil)
	}
	if r := ask(20); len(r.Errors) > 0 || strings.Count(string(r.Data), `"steps"`) != 20_000 {
		t.Errorf("20,000 readings: %+v", r.Errors)
	}
	r := ask(21)
	if code, message := r.first(); code != "TOO_EXPENSIVE" || !strings.Contains(message, "20000 readings") || len(r.Data) > 0 && string(r.Data) != "null" {
		t.Errorf("21,000 readings: %.200s %+v", r.Data, r.Errors)
	}
}

func TestAFaultOfOursIsToldToTheSurfaceAndNotToTheClient(t *testing.T) {
	t.Parallel()
	c := open(t, 1, false)
	c.Gate.Close() // from now on nothing can be audited
	_, err := c.graph.Answer(t.Context(), c.actor, live, published, "", map[string]any{"first": 1})
	if care.KindOf(err) != care.KindUnavailable {
		t.Errorf("got %v", err)
	}
}

func FuzzQueriesStayCheapAndNeverPanic(f *testing.F) {
	for _, seed := range []string{published, `{ users(first: 1) { data { full_name } } }`, `{ __schema { types { name } } }`, "{", `{ users(first: 1) { data { ...A } } } fragment A on User { ...A }`} {
		f.Add(seed)
	}
	c := open(f, 3, true)
	f.Fuzz(func(t *testing.T, query string) {
		start := time.Now()
		out, err := c.graph.Answer(t.Context(), c.actor, live, query, "", map[string]any{"first": 3})
		if err != nil || !json.Valid(out) {
			t.Errorf("%s, %v", out, err)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}
