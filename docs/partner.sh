#!/usr/bin/env bash
# A partner's whole way through the telehealth surface, with curl and jq: see
# docs/partner.md. It takes the line that `chartline demo --json` prints, from a
# file or standard input:
#
#   chartline demo --json > demo.json &
#   docs/partner.sh demo.json
#
# Each step is printed with what it was answered; the first answer that is not
# the expected one ends it, with exit code 1.
set -euo pipefail

IFS= read -r demo < "${1:-/dev/stdin}"
of() { jq -er ".$1" <<<"$demo"; }
url=$(of url) token=$(of token)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step() { printf '\n%s\n' "$1"; }

# answered STATUS FILE: the last answer, which must have that status.
answered() {
  local got
  got=$(cat "$work/status")
  printf '   %s ' "$got"
  if [ "$got" != "$1" ]; then
    printf 'and not %s: ' "$1"
    cat "$2"
    exit 1
  fi
  if [ -s "$2" ] && jq -c . "$2" > "$work/line" 2>/dev/null; then cut -c 1-200 "$work/line"; else printf '(%d bytes)\n' "$(wc -c < "$2")"; fi
}

# ask METHOD PATH [curl's own]: a request as the partner, its answer in $work/answer.
ask() {
  local method=$1 path=$2
  shift 2
  printf '   %s %s\n' "$method" "$path"
  curl -sS -X "$method" -H "Authorization: Bearer $token" -o "$work/answer" -w '%{http_code}' "$@" "$url$path" > "$work/status"
}

# send METHOD PATH STATUS: a JSON body from standard input.
send() {
  ask "$1" "$2" -H 'Content-Type: application/json' --data-binary @-
  answered "$3" "$work/answer"
}

# got FILTER: a value of the last answer.
got() { jq -er "$1" "$work/answer"; }

service=/api/service/v1
run=$(jq -nr 'now | floor')-$$ # so that people of two runs are two people
provider=ada.fenwick.$run@example.org
patient=nell.hartwood.$run@example.org
password="a lantern over the marsh"

step "1. A provider signs up with the practice's code"
jq -n --arg code "$(of signupCode)" --arg email "$provider" --arg password "nine geese by the canal" \
  '{signup_code: $code, first_name: "Ada", last_name: "Fenwick", provider_title: "MD", email_id: $email, password: $password}' |
  send POST $service/provider/signup 200
provider_id=$(got .input_data.provider_id)

step "2. When is she free? The first day that has a slot"
for ahead in 1 2 3 4 5 6 7 8; do
  date=$(jq -nr --argjson ahead $ahead 'now + $ahead * 86400 | strftime("%Y-%m-%d")')
  jq -n --arg email "$provider" --argjson service "$(of serviceId)" --arg date "$date" \
    '{provider_email: $email, service_id: $service, date: $date}' |
    send POST $service/appointment-slots 200
  slot=$(got '.available_slots[0] // ""') && [ -n "$slot" ] && break
done

step "3. A patient is registered and booked, in one request"
jq -n --arg email "$patient" --arg password "$password" --arg provider "$provider" --argjson service "$(of serviceId)" \
  --arg date "$date" --arg slot "$slot" --arg code "$(of customerCode)" '{
    first_name: "Nell", last_name: "Hartwood", date_of_birth: "1985-04-12", email: $email, phone_number: "2125550147", country_code: "+1",
    gender: "female", language: "en", height: "168", height_unit: "cm", password: $password, customer_code: $code,
    provider_email: $provider, service_id: $service, appointment_date: $date, appointment_time: $slot, complaint: "A rash on the left arm"}' |
  send POST $service/patient/register 200
id=$(got .input_data.patient_id)
appointment=$(got .input_data.appointment_id)

step "4. A picture and a PDF"
base64 -d > "$work/rash.png" <<< 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
printf '%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%%%EOF\n' > "$work/referral.pdf"
ask POST $service/patient/form/attachment -F "attachments[]=@$work/rash.png" -F "attachments[]=@$work/referral.pdf"
answered 200 "$work/answer"
cp "$work/answer" "$work/files"

step "5. The questionnaire that cites them"
jq -n --argjson id "$id" --slurpfile files "$work/files" '{patient_id: $id, patient_form_name: "Skin diary", form_responses: [
    {question_type: "single_option", text: "Does it itch?", answer: {text: "yes", subquestion:
      {question_type: "date", text: "Since when?", answer: {text: "2026-03-01"}}}},
    {question_type: "numbers_only", text: "Temperature", answer: [{text: "36.6"}]},
    {question_type: "file", text: "Pictures and letters", answer: [$files[0][] | {uuid, text: .file_name}]}]}' |
  send POST $service/patient/form 200

step "6. What the laboratory found"
jq -n --argjson id "$id" --arg run "$run" '{patient_id: $id, resourceType: "DiagnosticReport", observations: [
    {id: "CRP-\($run)", resourceType: "Observation", bioMarker: "CRP", result: "<0.50", unit: "mg/L", flag: "N",
     referenceRangeHigh: 5.0, referenceRangeLow: 0, effectiveDateTime: "2026-03-17T08:00:00.25+01:00"},
    {id: "IGE-\($run)", resourceType: "Observation", bioMarker: "Total IgE", result: 184, unit: "kU/L", flag: "H",
     referenceRangeHigh: "100", referenceRangeLow: "0", effectiveDateTime: "2026-03-17T08:00:00Z"}]}' |
  send POST $service/patient/lab-reports 200

step "7. What devices measured"
jq -n --argjson id "$id" '{patient_id: $id, readings: [
    {type: "sleep", id: "night-1", total_inbed_minutes: 470, total_sleep_minutes: 402, recorded_date: "2026-03-16", source: "ring"},
    {type: "steps", id: "day-1", steps: 7312, recorded_date: "2026-03-16", source: "watch"},
    {type: "pulse_ox", id: "noon-1", spo2_percent: 97.5, pulse_bpm: 61, recorded_date: "2026-03-16T12:00:00Z", source: "clip"}]}' |
  send POST $service/patient/readings 200

step "8. A service for the patient"
jq -n --argjson id "$id" --argjson service "$(of serviceId)" --arg provider "$provider" \
  '{patient_id: $id, service_id: $service, provider_email: $provider}' |
  send POST $service/patient/assign-service 200

step "9. A note in the chart"
jq -n --argjson id "$id" --arg provider "$provider" '{patient_id: $id, provider_email: $provider, title: "Before the visit",
    soap: {subjective: "Itches at night", objective: "Red patches, dry", assessment: "Eczema", plan: "Zinc, seen again in a week"}}' |
  send POST $service/patient/chart-note 200

step "10. The patient goes on into the portal, by single sign-on"
jq -n --arg user "$patient" --arg password "$password" '{username: $user, password: $password, redirectParam: "/portal"}' |
  send POST /sso/token 200
once=$(got .userAccessToken)
printf '   GET /sso/login?token=...\n'
curl -sS -c "$work/cookies" -o "$work/page" -w '%{http_code}' "$url/sso/login?token=$once" > "$work/status"
answered 302 "$work/page"
printf '   GET /portal\n'
curl -sS -b "$work/cookies" -o "$work/page" -w '%{http_code}' "$url/portal" > "$work/status"
answered 200 "$work/page"
grep -q 'Nell Hartwood' "$work/page" || { echo 'the page is not hers'; exit 1; }

step "11. All of it back, by GraphQL"
jq -n --arg id "$id" '{operationName: "Users", variables: {id: $id, first: 1, data_from: "2026-03-01", data_to: "2026-03-31"}, query:
  "query Users($id: ID, $data_from: String, $data_to: String, $first: Int!) { users(id: $id, first: $first) { data { patient_id full_name birth_date height sleep_data(data_from: $data_from, data_to: $data_to) { total_sleep_minutes recorded_date source } steps_data(data_from: $data_from, data_to: $data_to) { steps recorded_date } pulse_ox_data(data_from: $data_from, data_to: $data_to) { spo2_percent pulse_bpm } } paginatorInfo { total hasMorePages } } }"}' |
  send POST $service/graphql 200
got '.data.users.data[0] | .full_name == "Nell Hartwood" and .steps_data[0].steps == 7312 and (.sleep_data + .pulse_ox_data | length) == 2' > "$work/same"

step "12. The visit takes place: this is the practice's side, through /api/v1"
ask POST "/api/v1/appointments/$appointment/start"
answered 200 "$work/answer"
encounter=$(got .encounterId)
began=$(jq -nr 'now - 600 | floor | todate') ended=$(jq -nr 'now - 480 | floor | todate')
jq -n --argjson encounter "$encounter" --arg began "$began" --arg ended "$ended" \
  '{encounterId: $encounter, status: "completed", start: $began, end: $ended}' |
  send POST /api/v1/sessions 201
session=$(got .id)
curl -sS -H "Authorization: Bearer $token" -o "$work/visit.mp3" "$url/$(of tenant)/$(of instance)/patients/$(of patientId)/calls/$(of callId)/recording"
recording=$(jq -nr 'now * 1000 | floor')
ask POST "/api/v1/recordings?name=$recording&session=$session" -H 'Content-Type: audio/mpeg' --data-binary "@$work/visit.mp3"
answered 201 "$work/answer"

step "13. The recording's name in, the encounter out"
ask GET "$service/encounter-from-recording/$recording"
answered 200 "$work/answer"
got ".input_data | .id == $encounter and .patient.id == $id and .provider.id == $provider_id and .complaint == \"A rash on the left arm\"" > "$work/same"

step "14. An analysis of it is handed in, and read back"
jq -n --arg recording "$recording" '{recording_id: $recording, analysis: {engine: "partner-scribe", engine_version: "1.4", language: "en",
    transcript: [{speaker: "provider", start: 0, end: 2.5, text: "How is the arm?"}, {speaker: "patient", start: 2.5, end: 4, text: "Better."}],
    summary: "The rash is fading.", codes: [{system: "ICD-10", code: "L30.9", display: "Dermatitis"}], actions: ["see again in a week"]}}' |
  send POST $service/aria-analysis 200
analysis=$(got .input_data.analysis_id)
ask GET "$service/aria-analysis/$analysis"
answered 200 "$work/answer"
got '.input_data.analysis.summary == "The rash is fading."' > "$work/same"

printf '\nDone: patient %s, appointment %s, encounter %s, recording %s, analysis %s.\n' "$id" "$appointment" "$encounter" "$recording" "$analysis"
