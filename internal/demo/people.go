package demo

import (
	"fmt"
	"strings"

	"chartline/internal/care"
)

func doctor(number int64, first, last, title, gender, zone string) care.Provider {
	return care.Provider{
		Number: number, FirstName: first, LastName: last, Title: title, Gender: gender, TimeZone: zone,
		Email: address(first, last), CountryCode: "+1", Phone: phone(int(number % 100)),
	}
}

// acmeProviders work in different zones; the last one's is the practice's.
func acmeProviders() []care.Provider {
	return []care.Provider{
		doctor(exampleProvider, "Amara", "Okafor", "MD", "female", "Africa/Lagos"),
		doctor(202200000835, "Ingrid", "Maro", "RN", "female", "America/Chicago"),
		doctor(202200000901, "Ben", "Castellan", "PharmD", "male", "America/Denver"),
		doctor(202300000144, "Lucia", "Ferrante", "NP", "female", "America/Los_Angeles"),
		doctor(202300000207, "Haruto", "Senda", "DPT", "male", "Pacific/Honolulu"),
		doctor(202400000058, "Kofi", "Brandt", "MD", "male", "Europe/Berlin"),
		doctor(202500000012, "Noor", "Vandenberg", "PsyD", "prefer_not_to_say", ""),
	}
}

// person is a line of the list of patients.
type person struct {
	number      int64
	first, last string
	born        string
	gender      string
	zone        string
}

func acmePatients() []care.Patient {
	return patients([]person{
		{examplePatient, "Rosa", "Lindqvist", "1979-03-14", "female", "Europe/London"},
		{202300001112, "Davi", "Pereira", "1991-08-02", "male", "America/New_York"},
		{202300001118, "Leonard", "Asante", "1968-05-09", "male", "America/New_York"},
		{202300001120, "Mina", "Farrow", "1987-11-23", "female", "America/Chicago"},
		{202300001131, "Oskar", "Bellweather", "1955-01-30", "male", "America/Denver"},
		{202300001144, "Yara", "Quintero", "2001-06-17", "female", "America/Los_Angeles"},
		{202300001150, "Felix", "Amundsen", "1948-12-05", "male", ""},
		{202300001163, "Priya", "Nandakumar", "1994-04-21", "female", "America/New_York"},
		{202300001171, "Tobias", "Greenhalgh", "1972-09-11", "male", "America/Chicago"},
		{202300001186, "Samira", "El-Khoury", "1983-02-28", "female", "America/New_York"},
		{202300001190, "Hugo", "Marchetti", "2012-07-07", "male", "America/New_York"},
		{202300001204, "Wanjiru", "Kamau", "1990-10-19", "female", "America/Los_Angeles"},
		{202400000002, "Elias", "Thornquist", "1964-03-03", "male", "America/Denver"},
		{202400000009, "Beatriz", "Salgado", "1976-08-25", "female", "America/New_York"},
		{202400000015, "Cormac", "Delaney", "1938-05-16", "male", "America/Chicago"},
		{202400000023, "Aiko", "Tanabe", "1999-12-31", "female", "Pacific/Honolulu"},
		{202400000031, "Jonah", "Whitlock", "2005-01-09", "male", "America/New_York"},
		{202400000046, "Svetlana", "Orlova", "1970-07-22", "female", "America/New_York"},
		{202400000052, "Mateo", "Villanueva", "1985-11-02", "male", "America/Los_Angeles"},
		{202400000067, "Greta", "Hollis", "1959-04-13", "female", "America/Chicago"},
		{202400000078, "Kwame", "Boateng", "1996-06-06", "male", ""},
		{202500000003, "Linnea", "Forsberg", "1982-09-27", "female", "America/New_York"},
		{202500000011, "Ravi", "Chaudhuri", "1966-02-14", "male", "America/Denver"},
		{202500000018, "Imogen", "Ashdown", "1993-03-29", "prefer_not_to_say", "America/New_York"},
		{202500000024, "Luca", "Bianchetti", "2018-10-10", "male", "America/Chicago"},
		{202500000035, "Noemi", "Szabados", "1974-01-18", "female", "America/New_York"},
		{202500000041, "Anders", "Kjellberg", "1951-08-08", "male", "America/Los_Angeles"},
		{202500000056, "Chidera", "Nwosu", "2000-05-24", "female", "America/Chicago"},
		{202600000001, "Walter", "Pennington", "1943-11-11", "male", "America/New_York"},
		{202600000007, "Soraya", "Mirza", "1988-07-15", "female", "America/Denver"},
		{202600000012, "Émile", "Charbonneau", "1979-12-20", "male", "America/New_York"},
		{202600000019, "Zofia", "Wiśniewska", "1997-02-03", "female", "America/Chicago"},
	})
}

func patients(list []person) []care.Patient {
	all := make([]care.Patient, len(list))
	for i, p := range list {
		all[i] = care.Patient{
			Number: p.number, FirstName: p.first, LastName: p.last, BirthDate: p.born, Gender: p.gender, TimeZone: p.zone,
			Email: address(p.first, p.last), CountryCode: "+1", Phone: phone(i), MRN: fmt.Sprintf("MRN-%06d", p.number%1_000_000),
		}
		if i%3 == 0 {
			all[i].ExternalID = fmt.Sprintf("ehr-%d", 70_000+i)
		}
		if p.first == "Mina" {
			all[i].Phone = phone(42) // she says so in her voicemail
		}
	}
	return all
}

// address makes an e-mail address of letters and a dot.
func address(first, last string) string {
	plain := func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r
		case r == 'é':
			return 'e'
		case r == 'ś':
			return 's'
		}
		return -1
	}
	return strings.Map(plain, strings.ToLower(first)) + "." + strings.Map(plain, strings.ToLower(last)) + "@example.org"
}

// phone makes a number of those kept for invention: any area, 555-0100 to -0199.
func phone(n int) string {
	areas := [...]string{"212", "312", "415", "617", "720", "808"}
	return fmt.Sprintf("%s5550%03d", areas[n/100%len(areas)], 100+n%100)
}
