// Package practice holds the use cases of a practice as those see it who book
// there: its codes and rules, its services, its providers' hours, what is free,
// appointments from booking to visit, and how patients and providers come to it.
//
// Every surface and the command line call it. What a slot is, care says; that no
// time is given twice, the store. Start reading at appointment.go and slots.go.
package practice
