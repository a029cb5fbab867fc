// Package doctor finds out what is wrong with a sign-in on this machine: every
// check measures, says what was expected and what to do, and changes nothing.
// Mending is a step of its own.
package doctor
