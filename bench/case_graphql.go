package main

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
)

// usersQuery is the published query, with all its fields but those that are
// always null.
const usersQuery = `query Users($first: Int!, $page: Int) { users(first: $first, page: $page) {` +
	` data { patient_id user_type first_name middle_name last_name full_name gender addr1 addr2 state city country post_code email_id phone1 country_code` +
	` birth_date timezone created_at updated_at last_call_date_time last_call_duration_seconds mrn` +
	` sleep_data { total_inbed_minutes total_sleep_minutes recorded_date source } steps_data { steps recorded_date source }` +
	` pulse_ox_data { id spo2_percent pulse_bpm recorded_date source } }` +
	` paginatorInfo { count currentPage firstItem hasMorePages lastItem lastPage perPage total } } }`

// graphql asks for random pages of patients, each with a week of three sets of
// data and the last visit: few, and a hundred.
func (b *bench) graphql() error {
	ours, err := b.startChartline(b.measured())
	if err != nil {
		return err
	}
	defer ours.server.Stop()
	for _, first := range []int{10, 100} {
		page := anyOf(1, ours.data.patients/first)
		our := b.small("chartline", ours.server, sends(ours.server, ours.token, "/api/service/v1/graphql", http.StatusOK, func(dst []byte) []byte {
			dst = fmt.Appendf(dst, `{"query": %q, "variables": {"first": %d, "page": `, usersQuery, first)
			return append(strconv.AppendInt(dst, int64(page()), 10), "}}"...)
		}))
		if err := holdsTotal(our.target, `"total":`, ours.data.patients+1); err != nil {
			return err
		}
		body, _, err := fetch(our.target)
		if err != nil {
			return err
		}
		if n := bytes.Count(body, []byte(`"spo2_percent"`)); n != first*ours.data.measured {
			return fmt.Errorf("a page of %d has %d readings of a kind: %.300s", first, n, body)
		}
		if err := b.againstYardstick("graphql", our, goals{}); err != nil {
			return err
		}
	}
	return nil
}
