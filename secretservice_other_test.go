//go:build !linux

package main

import (
	"testing"

	"codex-login/credstore"
)

func secretService(t testing.TB) []string {
	missing(t, "a Secret Service, which only Linux has")
	return nil
}

func damageEntry(testing.TB, credstore.Home) {}
